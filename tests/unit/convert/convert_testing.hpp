// SPDX-License-Identifier: Apache-2.0
// Verbs of the converter tests: a map from text, a line through it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "convert/downlink.hpp"
#include "convert/import.hpp"
#include "convert/uplink.hpp"
#include "core/config.hpp"
#include "core/status.hpp"

namespace tbgw::convert {

inline Imported import_text(std::string_view text, bool compat = false, bool toml = false) {
  return import_map(parse_config(toml ? "map.toml" : "map.json", text, toml), compat);
}

/// What a map is refused with, "" = it is not.
inline std::string refusal_of(std::string_view text, bool toml = false) {
  try {
    import_text(text, false, toml);
  } catch (const Fatal& fatal) {
    return fatal.status == Status::config ? fatal.what() : "not 78: " + std::string{fatal.what()};
  }
  return "";
}

/// A converter (Uplink or Downlink) with its own map, fed line by line.
template <class Converter>
class Feed {
 public:
  explicit Feed(std::string_view map, bool compat = false)
      : imported_(import_text(map, compat)), converter_(imported_.map) {}

  /// The lines that come out, newlines included.
  std::string operator()(std::string_view text) {
    std::string padded{text};
    padded.append(kLinePadding, '\0');
    std::string out;
    const Outcome outcome =
        converter_.convert({std::string_view{padded}.substr(0, text.size()), 1, false}, out);
    rejected = outcome.rejected;
    note = outcome.note;
    return out;
  }
  Converter& converter() { return converter_; }

  std::string rejected;  ///< of the last line
  std::string note;      ///< of the last line

 private:
  Imported imported_;
  Converter converter_;
};
using Up = Feed<Uplink>;
using Down = Feed<Downlink>;

}  // namespace tbgw::convert
