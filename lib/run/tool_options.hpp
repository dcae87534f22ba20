// SPDX-License-Identifier: Apache-2.0
// Long options of the tools as keys of a table: [platform] is tbgw-push's, [spool] tbgw-spool's,
// [route] tbgw-route's.
#pragma once

#include <span>
#include <string_view>

#include "core/config.hpp"
#include "run/mistakes.hpp"
#include "run/plan.hpp"

namespace tbgw::run {

/// One option that may stand in a file.
struct ToolOption {
  enum class Kind { value, flag, path };
  std::string_view name;
  Kind kind = Kind::value;
};

std::span<const ToolOption> push_options();
std::span<const ToolOption> spool_options();
std::span<const ToolOption> route_options();

/// Appends what the table says of these options. What a value may be is the tool's to say. A
/// `path` is meant from the folder of the file.
void take_options(ConfigTable& table, std::span<const ToolOption> options, Argv& argv,
                  Mistakes& mistakes);

}  // namespace tbgw::run
