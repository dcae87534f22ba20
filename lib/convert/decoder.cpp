// SPDX-License-Identifier: Apache-2.0
#include "convert/decoder.hpp"

#include "convert/value.hpp"
#include "core/number.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

// More messages than this in one record are an attack, or a file that should come in lines.
constexpr std::size_t kMostMessages = 100'000;

/// A text, or null where there is nothing.
JsonMember named(std::string_view name, std::string_view text) {
  JsonMember member;
  member.key = name;
  member.text = text;
  member.type = text.empty() ? JsonType::null : JsonType::string;
  if (text.empty()) member.raw = "null";
  return member;
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

}  // namespace

Result<void> Decoder::each(const Decode& decode, Message& message, const Take& take) {
  message.json = nullptr;
  message.fields.clear();
  if (decode.hex_text) {
    std::string_view text = strip(message.bytes);
    if (text.substr(0, 2) == "0x" || text.substr(0, 2) == "0X") text.remove_prefix(2);
    auto bytes = parse_hex(text);
    if (!bytes) return Error{"the message: " + bytes.error().text};
    plain_ = *std::move(bytes);
    message.bytes = plain_;
  }
  if (decode.as == Decode::As::bytes) {
    take(message);
    return {};
  }
  if (decode.as == Decode::As::json) return each_json(decode, message, take);
  if (!is_utf8(message.bytes)) return Error{"the message is not valid UTF-8"};
  if (decode.as == Decode::As::csv) return each_line(decode, message, take);
  const auto done = decode.as == Decode::As::pairs    ? pairs(decode, message)
                    : decode.as == Decode::As::pieces ? pieces(decode, message)
                                                      : groups(decode, message);
  if (done) take(message);
  return done;
}

Result<void> Decoder::each_json(const Decode& decode, Message& message, const Take& take) {
  if (const auto done = document_.read(message.bytes); !done) return done.error();
  message.json = &document_;
  JsonMember list = document_.root();
  if (decode.each) {
    const auto found = document_.find(*decode.each);
    if (!found) return Error{"the message has no " + in_quotes(decode.each->text)};
    list = *found;
    document_.enter(list);
  }
  if (list.type != JsonType::array || decode.whole_list) {
    take(message);
    return {};
  }
  message.json = &element_;
  for (const JsonMember& element : document_.members()) {
    element_.enter(element);
    take(message);
  }
  return {};
}

/// Cells of one line; in quotes a separator is text, and "" is a quote.
void Decoder::split(std::string_view line, std::string_view separator) {
  cells_.clear();
  std::string cell;
  bool quoted = false;
  bool was_quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (quoted) {
      if (line[i] != '"') {
        cell += line[i];
      } else if (i + 1 < line.size() && line[i + 1] == '"') {
        cell += line[i++];
      } else {
        quoted = false;
      }
    } else if (!separator.empty() && line.substr(i, separator.size()) == separator) {
      cells_.push_back(was_quoted ? cell : std::string{strip(cell)});
      cell.clear();
      was_quoted = false;
      i += separator.size() - 1;
    } else if (line[i] == '"' && strip(cell).empty()) {
      quoted = was_quoted = true;
      cell.clear();
    } else {
      cell += line[i];
    }
  }
  cells_.push_back(was_quoted ? cell : std::string{strip(cell)});
}

Result<void> Decoder::each_line(const Decode& decode, Message& message, const Take& take) {
  const std::string_view whole = message.bytes;
  std::string_view rest = whole;
  names_ = decode.columns;
  std::size_t count = 0;
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    if (strip(line).empty()) continue;
    if (++count > kMostMessages) return Error{"more than 100000 lines in one record"};
    split(line, decode.separator);
    if (decode.numbered) {
      while (names_.size() < cells_.size())
        names_.push_back(std::to_string(names_.size()));
    } else if (names_.empty()) {
      names_ = cells_;
      continue;
    }
    message.bytes = line;
    message.fields.clear();
    for (std::size_t i = 0; i < cells_.size() && i < names_.size(); ++i)
      message.fields.push_back(named(names_[i], cells_[i]));
    take(message);
  }
  message.bytes = whole;
  return {};
}

Result<void> Decoder::pieces(const Decode& decode, Message& message) {
  split(message.bytes, decode.separator);
  names_ = decode.columns;
  while (names_.size() < cells_.size())
    names_.push_back(std::to_string(names_.size() + 1));
  for (std::size_t i = 0; i < cells_.size(); ++i)
    message.fields.push_back(named(names_[i], cells_[i]));
  return {};
}

Result<void> Decoder::pairs(const Decode& decode, Message& message) {
  std::string_view rest = message.bytes;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(decode.separator), rest.size());
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + decode.separator.size(), rest.size()));
    const std::size_t sign = pair.find(decode.assign);
    if (sign == std::string_view::npos) continue;
    const std::string_view key = strip(pair.substr(0, sign));
    std::string_view value = strip(pair.substr(sign + decode.assign.size()));
    if (value.size() > 1 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    if (!key.empty()) message.fields.push_back(named(key, value));
  }
  if (!message.fields.empty()) return {};
  return Error{"no key " + in_quotes(decode.assign) + " value in " + in_quotes(message.bytes)};
}

Result<void> Decoder::groups(const Decode& decode, Message& message) {
  if (!decode.regex) return {};
  const auto found = decode.regex->search(message.bytes);
  if (!found) return found.error();
  if (!*found) {
    return Error{in_quotes(message.bytes) + " does not match " +
                 in_quotes(decode.regex->pattern())};
  }
  const auto& names = decode.regex->names();
  for (std::size_t i = 1; i < names.size(); ++i) {
    if (!names[i].empty()) message.fields.push_back(named(names[i], (*found)->groups[i]));
  }
  return {};
}

}  // namespace tbgw::convert
