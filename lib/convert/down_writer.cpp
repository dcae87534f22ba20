// SPDX-License-Identifier: Apache-2.0
#include "convert/down_writer.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

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

std::string to_utf16(std::string_view utf8) {
  std::string out = "\xFF\xFE";
  for (std::size_t i = 0; i < utf8.size();) {
    const auto first = static_cast<unsigned char>(utf8[i]);
    const std::size_t length = first < 0x80U ? 1 : first < 0xE0U ? 2 : first < 0xF0U ? 3 : 4;
    std::uint32_t code = length == 1 ? first : first & (0x7FU >> length);
    for (std::size_t k = 1; k < length && i + k < utf8.size(); ++k)
      code = code << 6U | (static_cast<unsigned char>(utf8[i + k]) & 0x3FU);
    i += length;
    const auto unit = [&](std::uint32_t value) {
      out += static_cast<char>(value & 0xFFU);
      out += static_cast<char>(value >> 8U & 0xFFU);
    };
    if (code >= 0x10000U) {
      unit(0xD800U + ((code - 0x10000U) >> 10U));
      code = 0xDC00U + ((code - 0x10000U) & 0x3FFU);
    }
    unit(code);
  }
  return out;
}

Result<std::string> in_charset(const std::string& text, Charset charset) {
  if (charset == Charset::utf16) return to_utf16(text);
  if (charset != Charset::latin1) return text;
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto code = static_cast<unsigned char>(text[i]);
    if (code >= 0x80U && (code > 0xC3U || i + 1 >= text.size())) {
      return Error{in_quotes(text) + " cannot be said in latin-1"};
    }
    const bool wide = code >= 0x80U;
    out += wide ? static_cast<char>((code & 0x03U) << 6U |
                                    (static_cast<unsigned char>(text[++i]) & 0x3FU))
                : text[i];
  }
  return out;
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

Result<std::string> DownWriter::text_of_value(const DownRule& rule, const DownEvent& event) {
  if (rule.value.empty()) {
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

Result<void> DownWriter::append_command(const DownRule& rule, const DownEvent& event,
                                        std::string& out) {
  const auto text = rule.frame ? frame_bytes(rule, event) : text_of_value(rule, event);
  if (!text) return text.error();
  const auto bytes = rule.frame ? text : in_charset(*text, rule.charset);
  if (!bytes) return bytes.error();
  out += "{\"device\":";
  append_json_string(out, event.device);
  if (!rule.address_member.empty()) {
    const auto address = address_of(rule, rule.address);
    if (!address) return address.error();
    out.append(",").append(json_string(rule.address_member)).append(":");
    append_json_string(out, *address);
  }
  const bool binary = rule.frame || rule.charset != Charset::utf8 || !is_utf8(*bytes);
  out += ",\"send\":" +
         (binary ? "\"" + to_hex(*bytes) + R"(","encoding":"hex")" : json_string(*bytes));
  out += rule.members;
  if (rule.on == DownRule::On::rpc) {
    out.append(R"(,"rpc":{"id":)").append(event.id).append(",\"method\":");
    append_json_string(out, event.name);
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
