// SPDX-License-Identifier: Apache-2.0
// The two file formats behind ConfigFile. Only config.cpp includes this.
#pragma once

#include <string>
#include <string_view>

#include "core/config.hpp"

namespace tbgw {

/// Both: Fatal 78 with file:line on syntax errors, duplicate keys and depth over 32.
ConfigFile parse_json(const std::string& name, std::string_view text);
ConfigFile parse_toml(const std::string& name, std::string_view text);

/// A key as part of a JSON pointer (RFC 6901).
std::string escape_pointer(std::string_view key);

}  // namespace tbgw
