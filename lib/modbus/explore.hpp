// SPDX-License-Identifier: Apache-2.0
// Answers for a person who looks around on a bus, as lines of JSON.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "modbus/asker.hpp"
#include "modbus/model.hpp"

namespace tbgw::modbus {

using PrintLine = std::function<void(const std::string& line)>;

/// The requests that a model's tags become, with what each costs, and each bus's load. `warn` is
/// told of buses that cannot keep up.
void explain_plan(const Model& model, const PrintLine& print,
                  const std::function<void(const std::string&)>& warn);

/// One place read as every type, in all four orders. Error: it could not be read.
Result<void> guess(Asker& asker, const Unit& unit, Table table, std::uint16_t address,
                   const PrintLine& print);

/// How long a unit is waited for that may not be there: a while, and the frames on the wire.
Milliseconds patience_on(const Bus& bus);
/// A unit that answered, good or bad.
struct Sighting {
  std::string answer;  ///< "good", or the exception in words
  unsigned exception = 0;
  Milliseconds spent{0};
};
/// Asks for one register, once.
std::optional<Sighting> look_for(Asker& asker, std::uint8_t id, Milliseconds patience);

/// Who answers at all, good or bad. Gives how many.
std::size_t scan_units(Asker& asker, const Bus& bus, const std::vector<std::uint8_t>& ids,
                       Milliseconds timeout, const PrintLine& print,
                       const std::function<void(std::uint8_t)>& progress);

/// What a unit says of itself: FC 43, else FC 17. Error: it knows neither, or does not answer.
Result<void> identify_unit(Asker& asker, const Unit& unit, const PrintLine& print);

}  // namespace tbgw::modbus
