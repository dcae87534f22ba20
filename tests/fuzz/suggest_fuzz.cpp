// SPDX-License-Identifier: Apache-2.0
// library: convert
// A capture from a stranger: each line is the data of a record. Whatever it is, the map that is
// suggested must be one that can be read, and every record must go through it.
#include "convert/suggest.hpp"
#include "core/text.hpp"
#include "map_and_lines.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tbgw;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  convert::Suggester suggester;
  std::vector<std::string> lines;
  while (!text.empty() && lines.size() < 50) {
    const std::string_view bytes = fuzz::take_line(text);
    std::string line = is_utf8(bytes)
                           ? "{\"ts\":1,\"source\":\"serial\",\"data\":" + json_string(bytes)
                           : "{\"ts\":1,\"encoding\":\"hex\",\"data\":\"" + to_hex(bytes) + "\"";
    line += lines.size() % 7 == 6 ? ",\"port\":\"x\"}" : "}";
    const std::size_t length = line.size();
    line.append(kLinePadding, '\0');
    lines.push_back(std::move(line));
    suggester.add({std::string_view{lines.back()}.substr(0, length), lines.size(), false});
  }
  const std::string map = suggester.map("fuzz");
  if (map.empty()) return 0;
  const auto imported = convert::import_map(parse_config("map.toml", map, true), false);
  convert::Uplink up(imported.map);
  std::string out;
  for (const std::string& line : lines)
    up.convert({std::string_view{line}.substr(0, line.size() - kLinePadding), 1, false}, out);
  fuzz::check(out);
  return 0;
}
