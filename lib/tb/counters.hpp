// SPDX-License-Identifier: Apache-2.0
// What a stats event says about the way up and the way down.
#pragma once

#include "core/record.hpp"
#include "tb/downlink.hpp"
#include "tb/uplink.hpp"

namespace tbgw::tb {

Counters counters(const Uplink& uplink, const Downlink& downlink);

}  // namespace tbgw::tb
