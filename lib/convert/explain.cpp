// SPDX-License-Identifier: Apache-2.0
#include "convert/explain.hpp"

#include "convert/slice.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

std::string kind_in_words(const Members& members) {
  switch (members.kind()) {
    case LineKind::hello:
      return "the first line of a spool";
    case LineKind::event:
      return "event " + std::string{members.event->raw};
    case LineKind::command:
      return "a command";
    case LineKind::answer:
      return "an answer to a command";
    case LineKind::raw:
      return "a raw record";
    case LineKind::reading:
      break;
  }
  return "a reading";
}

std::string why(const Choice& choice, const std::string& address_member) {
  switch (choice.by) {
    case Choice::By::device:
      return "the record names it";
    case Choice::By::address:
      return "its " + address_member + " is " + in_quotes(choice.rule->address);
    case Choice::By::only_entry:
      break;
  }
  return "the only one in the map";
}

std::string bytes_in_words(std::string_view slice, std::string_view record) {
  const auto from = static_cast<std::size_t>(slice.data() - record.data());
  if (slice.empty()) return "no bytes, at " + std::to_string(from);
  return "bytes " + std::to_string(from) + " to " + std::to_string(from + slice.size() - 1) + ", " +
         in_quotes(slice);
}

}  // namespace

Explainer::Explainer(const Map& map, bool downlink)
    : map_(map),
      downlink_(downlink),
      selector_(map),
      up_(map),
      down_(map),
      values_(map.compat),
      mapped_(map) {}

Explainer::~Explainer() = default;

Outcome Explainer::explain(const Line& line, std::string_view place, std::string& out) {
  out.append(place).append(": ");
  const auto members =
      line.too_long ? Result<std::span<const JsonMember>>{Error{}} : view_.object(line.text);
  if (members) {
    const Members known = look_at(*members);
    out.append(kind_in_words(known)).push_back('\n');
    if (!downlink_ && known.kind() == LineKind::raw) explain_raw(known, out);
  } else {
    out.append("no record\n");
  }
  result_.clear();
  const Outcome outcome = downlink_ ? down_.convert(line, result_) : up_.convert(line, result_);
  if (!outcome.notice.empty()) out.append("  note: ").append(outcome.notice).push_back('\n');
  if (!outcome.note.empty()) out.append("  note: ").append(outcome.note).push_back('\n');
  if (!outcome.rejected.empty()) {
    out.append("  rejected: ").append(outcome.rejected).push_back('\n');
  }
  std::string_view rest = result_;
  if (rest.empty()) out.append("  nothing comes of it\n");
  if (rest.substr(0, rest.size() - (rest.empty() ? 0 : 1)) == line.text && !rest.empty()) {
    out.append("  passed on as it is\n");
    rest = {};
  }
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n') + 1;
    out.append("  -> ").append(rest.substr(0, end));
    rest.remove_prefix(end);
  }
  return outcome;
}

void Explainer::explain_raw(const Members& members, std::string& out) {
  const auto record = frame_.read(members);
  if (!record) return;  // the reason follows as "rejected"
  out.append("  ").append(std::to_string(record->size())).append(" bytes: ");
  out.append(in_quotes(*record)).push_back('\n');
  if (!map_.mappings.empty()) {
    mapped_.explain(members, *record, out);
    return;
  }
  const auto choice = selector_.pick(members);
  if (!choice) return;
  out.append("  device ").append(in_quotes(choice->device)).append(" (type ");
  out.append(in_quotes(choice->rule->type)).append("): ");
  out.append(why(*choice, map_.address_member)).push_back('\n');
  explain_fields(choice->rule->attributes, "attribute", *record, out);
  explain_fields(choice->rule->telemetry, "telemetry", *record, out);
}

void Explainer::explain_fields(const std::vector<Field>& fields, std::string_view what,
                               std::string_view record, std::string& out) {
  for (const Field& field : fields) {
    out.append("  ").append(what).append(" ").append(field.key).append(": ");
    explain_field(field, record, out);
    if (field.next_same_key) out.append("; a later field of this key goes first");
    out.push_back('\n');
  }
}

void Explainer::explain_field(const Field& field, std::string_view record, std::string& out) {
  const auto slice = cut(field.slice, record, map_.compat);
  if (!slice) {
    out.append("dropped: ").append(slice.error().text);
    return;
  }
  out.append(bytes_in_words(*slice, record)).append(", as ").append(name_of(field.type));
  out.append(": ");
  const std::size_t value = out.size();
  const auto done = values_.append(out, field.type, *slice);
  if (!done) {
    out.append("dropped: ").append(done.error().text);
  } else if (map_.compat && is_falsy(std::string_view{out}.substr(value))) {
    out.append(", dropped: the reference does not send it");
  }
}

}  // namespace tbgw::convert
