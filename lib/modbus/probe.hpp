// SPDX-License-Identifier: Apache-2.0
// Which settings a serial line runs with, found by trying: what is tried in which order, how long
// it takes, and who answers.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "modbus/endpoint.hpp"
#include "modbus/explore.hpp"

namespace tbgw::modbus {

/// What to try on the line of an endpoint: the usual baud rates with the usual formats, the most
/// common first; what the endpoint itself says is not varied.
///
/// All rates come with one format before the next format: a late answer to one attempt is then
/// garbled in the next, not taken for its success.
std::vector<SerialSettings> settings_to_try(const Endpoint& endpoint);

/// "19200,8E1", as parse_line() takes it.
std::string line_text(const SerialSettings& line);

/// Between opening the line and the first request with these settings, so that a unit with others
/// sees that what it heard before is over.
constexpr Milliseconds kProbeSettle{50};

/// At most how long this many units take that do not answer, with these settings.
Milliseconds probe_time(std::size_t units, Milliseconds patience);

/// Who answers at all with the settings of this bus, good or bad: a line each with `settings` and,
/// in `use`, the bus and unit as parse_endpoint() takes them. Gives how many. `go_on` is asked
/// before each unit.
std::size_t probe_units(Asker& asker, const Bus& bus, const std::vector<std::uint8_t>& ids,
                        Milliseconds patience, const PrintLine& print,
                        const std::function<bool(std::uint8_t)>& go_on);

}  // namespace tbgw::modbus
