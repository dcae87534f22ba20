// SPDX-License-Identifier: Apache-2.0
// What the fuzz targets of the maps share. The first line of the input chooses ours or the
// reference's meaning, the map goes up to a line "--", the rest is records and events. Whatever
// they are, every line that comes out must be valid JSON, each line with an `_n` must come out with
// it exactly once, and --explain must have something to say.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "convert/downlink.hpp"
#include "convert/explain.hpp"
#include "convert/import.hpp"
#include "convert/uplink.hpp"
#include "core/json_view.hpp"
#include "core/status.hpp"

namespace tbgw::fuzz {

/// Every line of `out` must be an object; returns how many of them have a `_n`.
inline int check(std::string_view out) {
  int numbered = 0;
  JsonView view;
  while (!out.empty()) {
    const std::size_t end = out.find('\n');
    if (end == std::string_view::npos) std::abort();
    std::string line{out.substr(0, end)};
    out.remove_prefix(end + 1);
    const std::size_t size = line.size();
    line.append(kLinePadding, '\0');
    const auto members = view.object({line.data(), size});
    if (!members) std::abort();
    if (find(*members, "_n") != nullptr) ++numbered;
  }
  return numbered;
}

template <class Converter>
void feed(Converter& converter, convert::Explainer& explainer, std::string_view text,
          std::uint64_t number) {
  std::string padded{text};
  padded.append(kLinePadding, '\0');
  const Line line{{padded.data(), text.size()}, number, false};
  std::string out;
  converter.convert(line, out);
  JsonView view;
  const auto members = view.object(line.text);
  const bool numbered = members && find(*members, "_n") != nullptr;
  const int found = check(out);
  if (members && found != (numbered ? 1 : 0)) std::abort();
  std::string told;
  explainer.explain(line, "input:1", told);
  if (told.empty() || told.back() != '\n') std::abort();
}

inline std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

inline int feed_map(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const bool compat = take_line(text) == "compat";
  constexpr std::string_view kEnd = "\n--\n";
  const std::size_t split = text.find(kEnd);
  if (split == std::string_view::npos) return 0;
  convert::Imported imported;
  try {
    imported = convert::import_map(parse_config("map.json", text.substr(0, split), false), compat);
  } catch (const Fatal&) {
    return 0;
  }
  text.remove_prefix(split + kEnd.size());
  convert::Uplink up(imported.map);
  convert::Downlink down(imported.map);
  convert::Explainer explain_up(imported.map, false);
  convert::Explainer explain_down(imported.map, true);
  for (std::uint64_t number = 1; !text.empty(); ++number) {
    const std::string_view line = take_line(text);
    feed(up, explain_up, line, number);
    feed(down, explain_down, line, number);
  }
  std::string out;
  up.reporter().release(out, true);
  check(out);
  return 0;
}

}  // namespace tbgw::fuzz
