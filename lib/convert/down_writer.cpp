// SPDX-License-Identifier: Apache-2.0
#include "convert/down_writer.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "convert/adhoc_rule.hpp"
#include "convert/charset.hpp"
#include "convert/encode_layout.hpp"
#include "convert/payload.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

bool fits(const std::string& exact, const std::optional<Regex>& filter, bool search,
          std::string_view text) {
  if (!exact.empty()) return exact == text;
  if (!filter) return true;
  if (!search) return filter->matches(text);
  const auto found = filter->search(text);
  return found && *found;
}

bool fits_device(const DownRule& rule, std::string_view device) {
  return fits(rule.device, rule.device_filter, false, device);
}

/// What a value may not bring into an address: level separators and wildcards of topics, anything
/// with a meaning in URLs and paths.
std::string escaped(std::string_view text, bool url) {
  std::string out;
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    const bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool safe = word || std::string_view{"-_.~"}.find(c) != std::string_view::npos;
    const bool topic =
        code >= 0x20 && code != 0x7F && std::string_view{"/+#%"}.find(c) == std::string_view::npos;
    if (url ? safe : topic) {
      out += c;
    } else {
      out += '%';
      constexpr std::string_view kDigits = "0123456789ABCDEF";
      out += kDigits[code >> 4U];
      out += kDigits[code & 0x0FU];
    }
  }
  return url && (out == "." || out == "..") ? "%2E" + out.substr(1) : out;
}

/// Inside a JSON string of the template a value must not end the string.
std::string in_json_string(std::string_view text) {
  const std::string quoted = json_string(text);
  return quoted.substr(1, quoted.size() - 2);
}

Result<std::string> number_bytes(const Computed& value, const DownRule::Frame& frame) {
  std::string out;
  std::uint64_t bits = 0;
  std::size_t length = frame.length;
  if (const auto* text = value.text()) return *text;
  if (const auto* real = value.real()) {
    length = length == 8 ? 8 : 4;
    bits = length == 8 ? std::bit_cast<std::uint64_t>(*real)
                       : std::bit_cast<std::uint32_t>(static_cast<float>(*real));
  } else {
    const auto* whole = value.boolean() != nullptr ? value.boolean() : value.whole();
    if (whole == nullptr) return Error{"there is no value to send"};
    const std::size_t width = std::min<std::size_t>(8 * length, 64);
    bits = static_cast<std::uint64_t>(*whole);
    const std::int64_t half = width == 64 ? 0 : std::int64_t{1} << (width - 1);
    const bool good = frame.is_signed ? width == 64 || (*whole >= -half && *whole < half)
                                      : *whole >= 0 && (width == 64 || bits >> width == 0);
    if (!good) {
      return Error{std::to_string(*whole) + " does not fit " + std::to_string(length) + " bytes"};
    }
  }
  for (std::size_t i = 0; i < length; ++i)
    out += static_cast<char>(i < 8 ? bits >> (8U * i) & 0xFFU : 0U);
  if (!frame.little_endian) std::reverse(out.begin(), out.end());
  return out;
}

}  // namespace

bool DownWriter::knows(std::string_view device) const {
  return std::any_of(map_.down_rules.begin(), map_.down_rules.end(),
                     [&](const DownRule& rule) { return fits_device(rule, device); });
}

const DownRule* DownWriter::find_method(std::string_view device, std::string_view method) const {
  for (const DownRule& rule : map_.down_rules) {
    if (rule.on == DownRule::On::rpc && fits_device(rule, device) &&
        fits(rule.name, rule.name_filter, rule.search, method)) {
      return &rule;
    }
  }
  return nullptr;
}

/// The names of the texts, as one JSON document.
void DownWriter::describe(const DownEvent& event) {
  const std::string value{event.value == nullptr ? "null" : event.value->raw};
  std::string json = "{\"deviceName\":" + json_string(event.device);
  json += ",\"attributeKey\":" + json_string(event.name);
  json += ",\"methodName\":" + json_string(event.name);
  json += ",\"requestId\":" + std::string{event.id.empty() ? "null" : event.id};
  json += ",\"attributeValue\":" + value + ",\"params\":" + value;
  json += ",\"attribute\":" + value + ",\"value\":" + value + "}";
  if (!names_.read(json)) static_cast<void>(names_.read("{}"));
}

Result<int> DownWriter::append(DownRule::On on, const DownEvent& event, std::string& out) {
  describe(event);
  int count = 0;
  for (const DownRule& rule : map_.down_rules) {
    if (rule.on != on || !fits_device(rule, event.device) ||
        !fits(rule.name, rule.name_filter, rule.search, event.name)) {
      continue;
    }
    if (const auto done = append_command(rule, event, out); !done) return done.error();
    ++count;
    if (on == DownRule::On::rpc) break;
  }
  return count;
}

bool DownWriter::has_rules(DownRule::On on) const {
  return std::any_of(map_.down_rules.begin(), map_.down_rules.end(),
                     [&](const DownRule& rule) { return rule.on == on; });
}

Result<int> DownWriter::append_adhoc(const DownEvent& event, std::string& out) {
  if (!map_.down_style) return 0;
  auto rule = adhoc_rule(*map_.down_style, event.device, event.name, event.value);
  if (!rule) return rule.error();
  if (!*rule) return 0;
  (*rule)->brought = true;
  // Where the device is, its own rules say.
  for (const DownRule& known : map_.down_rules) {
    if (!(*rule)->address_member.empty()) break;
    if (known.device != event.device || !known.address.constant()) continue;
    (*rule)->address_member = known.address_member;
    (*rule)->address = known.address;
  }
  describe(event);
  if (const auto done = append_command(**rule, event, out); !done) return done.error();
  return 1;
}

Result<int> DownWriter::append_response(std::size_t index, const DownEvent& event,
                                        std::string& out) {
  for (const DownRule& rule : map_.down_rules) {
    if (rule.on != DownRule::On::attributes_response) continue;
    if (index-- > 0) continue;
    describe(event);
    if (const auto done = append_command(rule, event, out); !done) return done.error();
    return 1;
  }
  return 0;
}

Result<std::string> DownWriter::address_of(const DownRule& rule, const Text& text) {
  Message message;
  message.json = &names_;
  std::string out;
  for (const Text::Piece& piece : text.pieces) {
    if (piece.what != Text::Piece::What::path) {
      out += piece.text;
      continue;
    }
    const auto value = message.find(piece.path);
    if (!value || value->type == JsonType::null) {
      return Error{"${" + piece.text + "} of the " + rule.address_member + " is missing"};
    }
    out += map_.compat ? value_as_text(*value, true)
                       : escaped(value_as_text(*value, false), rule.address_member != "topic");
  }
  return out;
}

namespace {

/// A text as the file had it.
std::string written(const Text& text) {
  std::string out;
  for (const Text::Piece& piece : text.pieces)
    out += piece.what == Text::Piece::What::path ? "${" + piece.text + "}" : piece.text;
  return out;
}

}  // namespace

Result<std::string> DownWriter::text_of_value(const DownRule& rule, const DownEvent& event) {
  if (rule.value.empty()) {
    if (rule.brought) return std::string{};  // the parameters were the rule
    if (event.value == nullptr || event.value->type == JsonType::null) {
      return Error{"No data to send"};
    }
    return value_as_text(*event.value, map_.compat);
  }
  Message message;
  message.json = &names_;
  const bool json = rule.value.pieces.front().text.find_first_of("{[") == 0;
  std::string out;
  for (const Text::Piece& piece : rule.value.pieces) {
    if (piece.what != Text::Piece::What::path) {
      out += piece.text;
      continue;
    }
    const auto value = message.find(piece.path);
    // A value that is not there is null, as the platform itself says it.
    const std::string text = value ? value_as_text(*value, map_.compat) : "null";
    const bool inside = json && std::count(out.begin(), out.end(), '"') % 2 == 1;
    out += inside && !map_.compat ? in_json_string(text) : text;
  }
  return out;
}

Result<std::string> DownWriter::frame_bytes(const DownRule& rule, const DownEvent& event) {
  const DownRule::Frame& frame = *rule.frame;
  if (frame.fixed) return *frame.fixed;
  const bool object = event.value != nullptr && event.value->type == JsonType::object;
  if (object && !params_.read(event.value->raw)) return Error{"params: not valid JSON"};
  Computed value = event.value == nullptr || object ? Computed{} : computed_of(*event.value);
  if (frame.expression) {
    const auto computed =
        frame.expression->evaluate([&](const JsonPath& path) -> std::optional<JsonMember> {
          if (object) {
            if (auto found = params_.find(path)) return found;
          }
          return names_.find(path);
        });
    if (!computed) return computed.error();
    value = *computed;
  } else if (object) {
    if (const auto found = params_.find(parse_json_path("value").value_or({}))) {
      value = computed_of(*found);
    }
  }
  const auto bytes = number_bytes(value, frame);
  if (!bytes) return bytes.error();
  return frame.before + *bytes + frame.after;
}

/// The value a native rule is about, as bytes: names become their numbers again.
Result<std::string> DownWriter::encoded(const DownRule& rule, const DownEvent& event) {
  JsonMember value = event.value == nullptr ? JsonMember{} : *event.value;
  if (rule.encode_value.single_path()) {
    const Text::Piece& piece = rule.encode_value.pieces.front();
    const auto found = names_.find(piece.path);
    if (!found) return Error{"${" + piece.text + "} is missing"};
    value = *found;
  }
  if (value.type == JsonType::object || value.type == JsonType::array) {
    return Error{"the value must be a number, a text, true or false"};
  }
  const Item& item = *rule.encode;
  for (const auto& [number, name] : item.names) {
    if (name != value.raw) continue;
    value.type = JsonType::string;
    value.text = number;
    break;
  }
  return encode_layout(item.layout, item.scaling, value);
}

Result<std::string> DownWriter::payload_of(const DownRule& rule, const DownEvent& event) {
  if (rule.frame) return frame_bytes(rule, event);
  auto bytes = rule.encode ? encoded(rule, event) : text_of_value(rule, event);
  if (bytes && !rule.encode) bytes = in_charset(*bytes, rule.charset);
  if (!bytes) return bytes.error();
  return rule.before + *bytes + rule.after;
}

Result<void> DownWriter::append_command(const DownRule& rule, const DownEvent& event,
                                        std::string& out) {
  const auto bytes = payload_of(rule, event);
  if (!bytes) return bytes.error();
  std::string address;
  if (!rule.address_member.empty()) {
    const auto found = address_of(rule, rule.address);
    if (!found) return found.error();
    if (rule.address_member == "topic" && found->find_first_of("+#") != std::string::npos) {
      return Error{in_quotes(*found) + " is no topic to publish to"};
    }
    address = "," + json_string(rule.address_member) + ":" + json_string(*found);
  }
  out += '{';
  // A connector's own call is about no device.
  if (!event.device.empty()) out += "\"device\":" + json_string(event.device);
  out += event.device.empty() && !address.empty() ? address.substr(1) : address;
  if (out.back() != '{') out += ',';
  const bool binary =
      rule.frame || rule.encode || rule.charset != Charset::utf8 || !is_utf8(*bytes);
  out += "\"send\":" +
         (binary ? "\"" + to_hex(*bytes) + R"(","encoding":"hex")" : json_string(*bytes));
  out += rule.members;
  if (rule.on == DownRule::On::rpc) {
    out.append(R"(,"rpc":{"id":)").append(event.id).append(",\"method\":");
    append_json_string(out, event.name);
    // The way up has no such rule: what of the answer is wanted goes with the call and comes back.
    if (rule.brought && !rule.response.empty())
      out += ",\"response\":" + json_string(written(rule.response));
    out += '}';
    if (rule.with_response) {
      out += R"(,"answer":{"timeout":)" + std::to_string(rule.timeout.count());
      if (!rule.answer_topic.empty()) {
        const auto topic = address_of(rule, rule.answer_topic);
        if (!topic) return topic.error();
        out += ",\"topic\":" + json_string(*topic);
      }
      out += '}';
    }
  }
  out += "}\n";
  return {};
}

}  // namespace tbgw::convert
