// SPDX-License-Identifier: Apache-2.0
// What the messages of a native map are taken for.
#pragma once

#include "convert/mapping.hpp"
#include "core/config.hpp"

namespace tbgw::convert {

/// `decode` and the keys that belong to it; `otherwise`: what it is without. Fatal 78.
Decode read_native_decode(ConfigTable& table, Decode::As otherwise);

}  // namespace tbgw::convert
