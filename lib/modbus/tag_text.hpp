// SPDX-License-Identifier: Apache-2.0
// The keys of a tag where everything is text (command line, CSV, RPC): as a file would have them.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tbgw::modbus {

/// The name of a key as files have it: any case, and the usual other names ("register", "fc",
/// "scale", "sf"). nullopt: nobody knows it.
std::optional<std::string> key_named(std::string_view name);
/// For "did you mean".
std::string nearest_key(std::string_view name);

/// The value of a key (as key_named() gives it). Numbers are numbers where the key is not a text;
/// `variants` is "0=off|1=on", `invalid` may be several with '|' between.
Result<nlohmann::ordered_json> value_of_key(std::string_view key, std::string_view text);

}  // namespace tbgw::modbus
