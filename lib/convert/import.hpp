// SPDX-License-Identifier: Apache-2.0
// A map file, whatever its format, as the native model.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "convert/map.hpp"
#include "core/config.hpp"

namespace tbgw::convert {

struct Imported {
  Imported();
  ~Imported();
  Imported(Imported&&) noexcept;
  Imported& operator=(Imported&&) noexcept;

  Map map;
  /// What the user should know, each with its file:line: keys nobody reads, and where our meaning
  /// of the file differs from the reference's.
  std::vector<std::string> notices;
};

/// Recognises the format of the file and imports it. With `compat` the map has the reference
/// gateway's meaning. What cannot be done is Fatal 78 with file:line and the remedy.
Imported import_map(const std::shared_ptr<const ConfigFile>& file, bool compat);

}  // namespace tbgw::convert
