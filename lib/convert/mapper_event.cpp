// SPDX-License-Identifier: Apache-2.0
// Messages that are no readings: a device that comes, goes, or asks for attributes.
#include <algorithm>

#include "convert/mapper.hpp"
#include "convert/value.hpp"
#include "core/text.hpp"

namespace tbgw::convert {

void Mapper::append_event(const Mapping& mapping, const Message& message, std::string& out) {
  using Yields = Mapping::Yields;
  const std::size_t start = out.size();
  open_line(out, envelope_);
  out += mapping.yields == Yields::connect      ? R"("event":"connect","device":)"
         : mapping.yields == Yields::disconnect ? R"("event":"disconnect","device":)"
                                                : R"("event":"attributes-request","device":)";
  append_json_string(out, device_);
  if (mapping.yields == Yields::connect) {
    out += ",\"deviceType\":";
    append_json_string(out, profile_);
  }
  if (mapping.yields == Yields::attributes_request && !append_request(mapping, message, out)) {
    out.resize(start);
    problem(mapping, "", "the request names no attributes");
    return;
  }
  out += "}\n";
  done_.last_line = start;
  ++done_.readings;
}

/// Appends id, scope and keys; false = there are no keys. The way down finds by the id which
/// request of the map it was.
bool Mapper::append_request(const Mapping& mapping, const Message& message, std::string& out) {
  std::int64_t index = 0;
  for (const Mapping& other : map_.mappings) {
    if (&other == &mapping) break;
    if (other.yields == mapping.yields) ++index;
  }
  requests_ = requests_ % 1'000'000 + 1;
  out.append(",\"id\":").append(std::to_string(requests_ * 100 + index)).append(",\"scope\":");
  key_.clear();
  const auto scope = fill(mapping.wanted_scope, message, TextStyle::json, key_);
  out += scope && *scope && key_ == "client" ? "\"client\",\"keys\":[" : "\"shared\",\"keys\":[";
  const bool any = append_keys(mapping.wanted_keys, message, out);
  out += ']';
  return any;
}

/// Names, each piece of the text by itself and with commas between: "${a},${b}" and "${a}${b}".
bool Mapper::append_keys(const Text& keys, const Message& message, std::string& out) {
  std::vector<std::string> names;
  const auto add = [&](std::string_view list) {
    while (!list.empty()) {
      const std::size_t comma = std::min(list.find(','), list.size());
      const std::string_view name = strip(list.substr(0, comma));
      if (!name.empty()) names.emplace_back(name);
      list.remove_prefix(std::min(comma + 1, list.size()));
    }
  };
  if (keys.from_address || keys.constant()) {
    key_.clear();
    const auto filled = fill(keys, message, TextStyle::json, key_);
    if (filled && *filled) add(key_);
  } else {
    for (const Text::Piece& piece : keys.pieces) {
      if (piece.what == Text::Piece::What::text) continue;
      Text alone;
      alone.pieces.push_back(piece);
      key_.clear();
      const auto filled = fill(alone, message, TextStyle::json, key_);
      if (filled && *filled) add(key_);
    }
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += ',';
    append_json_string(out, names[i]);
  }
  return !names.empty();
}

}  // namespace tbgw::convert
