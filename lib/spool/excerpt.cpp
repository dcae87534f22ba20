// SPDX-License-Identifier: Apache-2.0
#include "spool/excerpt.hpp"

#include "core/json_view.hpp"
#include "core/line_reader.hpp"
#include "core/record.hpp"
#include "core/text.hpp"
#include "spool/dead_letters.hpp"
#include "spool/moment.hpp"
#include "spool/segment_bytes.hpp"

namespace tbgw::spool {
namespace {

std::optional<std::string> revived(std::string_view payload, bool with_attributes) {
  auto letter = parse_dead(payload);
  if (!letter || letter->cut) return std::nullopt;
  std::string& record = letter->record;
  const bool is_record = !record.empty() && record.front() == '{' && record.back() == '}' &&
                         record.find('\n') == std::string::npos && is_utf8(record);
  if (!is_record) return std::nullopt;
  if (with_attributes) return std::move(record);
  const std::size_t size = record.size();
  record.append(kLinePadding, '\0');
  return without_attributes({record.data(), size});
}

/// False: nothing of it is worth a line.
bool append_line(std::string& out, const Reader::Item& item, Form form) {
  switch (form) {
    case Form::payload:
      out.append(item.payload).push_back('\n');
      return true;
    case Form::stored:
      out.append(item.stored);
      return true;
    case Form::json:
      out += "{\"seq\":" + std::to_string(item.seq) + ",\"record\":";
      out.append(item.payload).append("}\n");
      return true;
    default:
      break;
  }
  const auto line = revived(item.payload, form == Form::restored);
  if (line) out.append(*line).push_back('\n');
  return line.has_value();
}

}  // namespace

Excerpt::Step Excerpt::next(std::string& out, std::string& news) {
  while (true) {
    const Reader::Item item = reader_.next();
    if (item.kind == Reader::Kind::nothing) return Step::nothing;
    if (item.kind == Reader::Kind::gap && item.cause == Reader::Cause::noted) continue;
    if (item.kind != Reader::Kind::record) {
      damaged_ = true;
      news = item.kind == Reader::Kind::damage
                 ? directory_.file(item.segment.text()) + ": " + std::to_string(item.bytes) +
                       " bytes at offset " + std::to_string(item.offset) + " are damaged"
                 : directory_.path() + ": records " + std::to_string(item.first) + " to " +
                       std::to_string(item.last) + " are missing";
      return Step::news;
    }
    if (options_.to != 0 && item.seq > options_.to) return Step::end;
    if (options_.since && time_of(item) < *options_.since) continue;
    if (append_line(out, item, options_.form)) {
      ++lines_;
      return Step::line;
    }
    ++left_out_;
  }
}

/// A record that does not say when it was is as old as the newest of its segment.
EpochMs Excerpt::time_of(const Reader::Item& item) const {
  if (options_.dead) {
    const auto letter = parse_dead(item.payload);
    return letter ? letter->time : 0;
  }
  const auto time = record_time(item.payload);
  return time ? *time : stat_segment(directory_, item.segment).modified;
}

std::optional<std::string> without_attributes(std::string_view line) {
  JsonView view;
  const auto members = view.object(line);
  if (!members || kind_of(*members) != LineKind::reading) return std::string{line};
  if (find(*members, "attributes") == nullptr) return std::string{line};
  if (find(*members, "telemetry") == nullptr) return std::nullopt;
  std::string out = "{";
  for (const JsonMember& member : *members) {
    if (member.key == "attributes") continue;
    if (out.size() > 1) out += ',';
    append_json_string(out, member.key);
    out.append(":").append(member.raw);
  }
  return out + "}";
}

}  // namespace tbgw::spool
