// SPDX-License-Identifier: Apache-2.0
#include "convert/explain_mapped.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace tbgw::convert {
namespace {

using What = Text::Piece::What;

// Of a long list of messages so many are told.
constexpr int kMostMessages = 5;

std::string place_of(const ByteRange& range, std::string_view bytes) {
  const std::string_view found = cut(range, bytes);
  if (found.empty()) return "no bytes of the " + std::to_string(bytes.size());
  const auto from = static_cast<std::size_t>(found.data() - bytes.data());
  return "bytes " + std::to_string(from) + " to " + std::to_string(from + found.size() - 1) + ", " +
         to_hex(found.substr(0, 16)) + (found.size() > 16 ? "..." : "");
}

std::string value_at(const JsonPath& path, std::string_view written, const Message& message) {
  const auto found = message.find(path);
  const std::string name = "${" + std::string{written} + "}";
  if (!found) return name + " is missing";
  return name + " is " +
         (found->type == JsonType::string ? in_quotes(found->text)
                                          : std::string{found->raw.substr(0, 60)});
}

void add(std::string& list, const std::string& text) {
  if (!list.empty()) list += ", ";
  list += text;
}

std::string seen_in(const Text& text, const Message& message) {
  if (text.from_address) {
    return in_quotes(text.from_address->pattern()) + " in " + in_quotes(message.address);
  }
  std::string out;
  for (const Text::Piece& piece : text.pieces) {
    if (piece.what == What::path) add(out, value_at(piece.path, piece.text, message));
    if (piece.what != What::bytes) continue;
    const std::string written = piece.text.empty() ? "" : piece.text + " is ";
    add(out, written + place_of(piece.range, message.bytes));
  }
  return out.empty() ? "always the same" : out;
}

std::string seen_in(const Expression& expression, const Message& message) {
  std::string out = in_quotes(expression.text());
  std::string names;
  for (const JsonPath& path : expression.names()) {
    if (path.text != "value") add(names, value_at(path, path.text, message));
  }
  return names.empty() ? out : out + ", where " + names;
}

/// What an entry looks at.
std::string seen_by(const Item& item, const Message& message) {
  const bool laid_out = item.layout.range.to || item.layout.range.single ||
                        item.layout.range.from != 0 || item.from == Item::From::layout;
  switch (item.from) {
    case Item::From::every:
      return "every member";
    case Item::From::members:
      return "members of these names";
    case Item::From::layout:
      return place_of(item.layout.range, message.bytes);
    case Item::From::expression: {
      const std::string text = seen_in(*item.expression, message);
      return laid_out ? place_of(item.layout.range, message.bytes) + ", " + text : text;
    }
    case Item::From::text:
      break;
  }
  return seen_in(item.value, message);
}

std::string name_of(const Text& key, const Message& message) {
  std::string out;
  const auto filled = fill(key, message, TextStyle::json, out);
  return filled && *filled ? out : "(a key that is missing)";
}

}  // namespace

/// "" = it takes the record.
std::string MappedExplainer::why_not(const Mapping& mapping, const Message& message) const {
  const Match& match = mapping.match;
  if (!match.source.empty() && !message.source.empty() && match.source != message.source) {
    return "is for source " + in_quotes(match.source);
  }
  if (match.device && !match.device->matches(message.device)) {
    return "is for devices like " + in_quotes(match.device->pattern());
  }
  const bool here = message.address.empty()
                        ? match.by == Match::By::any || map_.mappings.size() == 1
                        : takes(match, message.address);
  if (!here) return "is for " + in_quotes(match.pattern);
  if (!suits(match, message.bytes)) return "is for messages of another kind (matches, length)";
  return "";
}

void MappedExplainer::explain(const Members& members, std::string_view bytes, std::string& out) {
  message_ = {};
  message_.bytes = bytes;
  message_.source = text_of(members.source, "source").value_or("");
  message_.device = text_of(members.device, "device").value_or("");
  message_.address = address_of(members, map_.address_member).value_or("");
  if (const JsonMember* which = find(members.all, "characteristic")) {
    message_.characteristic = which->text;
  }
  for (const Mapping& mapping : map_.mappings) {
    const std::string why = why_not(mapping, message_);
    out.append("  ").append(mapping.place).append(why.empty() ? " takes it\n" : " " + why + "\n");
    if (!why.empty()) continue;
    Message message = message_;
    int count = 0;
    const auto decoded = decoder_.each(mapping.decode, message, [&](const Message& part) {
      if (++count <= kMostMessages) explain_message(mapping, part, out);
    });
    if (!decoded)
      out.append("    cannot be decoded: ").append(decoded.error().text).push_back('\n');
    if (decoded && count == 0) out.append("    has no messages in it\n");
    if (count > kMostMessages) {
      out.append("    and ")
          .append(std::to_string(count - kMostMessages))
          .append(" more messages\n");
    }
  }
}

void MappedExplainer::explain_message(const Mapping& mapping, const Message& message,
                                      std::string& out) {
  if (mapping.filter) {
    const auto value =
        mapping.filter->evaluate([&](const JsonPath& path) { return message.find(path); });
    const bool wanted = value && is_true(*value);
    out.append("    filter ").append(seen_in(*mapping.filter, message)).append(": ");
    out.append(!value   ? value.error().text
               : wanted ? "true"
                        : "not true, left out")
        .push_back('\n');
    if (!wanted) return;
  }
  explain_device(mapping, message, out);
  if (mapping.yields != Mapping::Yields::reading) return;
  explain_time(mapping, message, out);
  for (const Item& item : mapping.attributes)
    explain_item(mapping, item, "attribute", message, out);
  for (const Item& item : mapping.telemetry)
    explain_item(mapping, item, "telemetry", message, out);
}

void MappedExplainer::explain_device(const Mapping& mapping, const Message& message,
                                     std::string& out) const {
  out += "    device ";
  std::string name;
  if (!message.device.empty() && (mapping.device.empty() || mapping.device.constant())) {
    out.append(in_quotes(message.device)).append(": the record names it\n");
    return;
  }
  const auto filled = fill(mapping.device, message, TextStyle::json, name);
  const std::string seen = seen_in(mapping.device, message);
  if (!filled) {
    out.append("has no name: ").append(filled.error().text).push_back('\n');
  } else if (!*filled || name.empty()) {
    out.append("has no name: ").append(mapping.device.empty() ? "nobody says it" : seen);
    out.push_back('\n');
  } else {
    out.append(in_quotes(name));
    if (!mapping.device.constant()) out.append(": ").append(seen);
    out.push_back('\n');
  }
}

void MappedExplainer::explain_time(const Mapping& mapping, const Message& message,
                                   std::string& out) const {
  if (mapping.time.text.empty()) return;
  std::string text;
  const auto filled = fill(mapping.time.text, message, TextStyle::json, text);
  out.append("    time: ").append(seen_in(mapping.time.text, message));
  if (filled && *filled) {
    const auto time = parse_timestamp(text, mapping.time.order);
    out.append(time ? ": " + std::to_string(*time) : "; " + time.error().text);
  }
  out.push_back('\n');
}

void MappedExplainer::explain_item(const Mapping& mapping, const Item& item, std::string_view what,
                                   const Message& message, std::string& out) {
  out.append("    ").append(what).append(" ");
  if (item.from == Item::From::every) {
    out += "*: every member\n";
    return;
  }
  out.append(name_of(item.key, message)).append(": ").append(seen_by(item, message)).append(": ");
  value_.clear();
  const auto done = items_.append(value_, item, mapping, message);
  if (!done) {
    out.append("dropped: ").append(done.error().text);
  } else if (!*done) {
    const bool marked =
        !item.invalid.empty() && seen_by(item, message).find("missing") == std::string::npos;
    out += marked ? "no value (see invalid)" : "no value";
  } else {
    out += value_;
  }
  if (item.strategy.kind != report::Kind::on_received) {
    out.append(", sent by ").append(report::name_of(item.strategy.kind));
  }
  out.push_back('\n');
}

}  // namespace tbgw::convert
