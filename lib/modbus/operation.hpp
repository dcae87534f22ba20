// SPDX-License-Identifier: Apache-2.0
// What a command does to a unit, request by request: read a tag, write one (with its scale, its
// neighbours in the register, and a look whether it is there now), or send bytes as they are.
// Pure: requests come out, answers go in.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "modbus/codec.hpp"
#include "modbus/model.hpp"
#include "modbus/pdu.hpp"
#include "modbus/transaction.hpp"

namespace tbgw::modbus {

/// How a command ended.
struct OperationResult {
  bool good = false;
  std::string value;           ///< JSON text: what was read, or what was to be written
  std::string error;           ///< why not
  std::uint8_t exception = 0;  ///< the unit's own word for it; 0 = none
};

class Operation {
 public:
  /// Reads, or writes `value` where the tag's function code writes (or it says so by `write`).
  /// `unit` and its tags must outlive this object.
  static Operation read(const Unit& unit, const Tag& tag);
  static Operation write(const Unit& unit, const Tag& tag, nlohmann::ordered_json value);
  /// A function code and what follows it; the result is the answer's bytes in hexadecimal.
  static Operation raw(const Unit& unit, std::uint8_t function, std::string bytes);

  /// Device identification (FC 43, regular objects); the result is an object of names and texts.
  static Operation identify(const Unit& unit);

  /// The next request; nullopt: it is done, see result().
  std::optional<Request> next();
  /// The answer (good or an exception) to what next() gave.
  void take(const Answer& answer);
  /// It was sent to all units, which do not answer.
  void take_sent();
  /// There was no answer.
  void fail(const std::string& why);
  /// One of the three: how what next() gave ended, once it is not tried again.
  void take_end(const TransactionEnd& end);

  [[nodiscard]] const Unit& unit() const { return *unit_; }
  [[nodiscard]] const OperationResult& result() const { return result_; }

 private:
  enum class Step : std::uint8_t { exponent, look, read, old, write, verify, raw, identify, done };
  Operation(const Unit& unit, const Tag& tag, Step step) : unit_(&unit), tag_(tag), step_(step) {}
  [[nodiscard]] const Tag* source() const;
  void begin(Step step);
  void begin_write();
  void finish(std::string value);
  void take_value(const Answer& answer);
  void take_verify(const Answer& answer);
  void take_identity(const Answer& answer);

  const Unit* unit_;
  Tag tag_;
  Step step_;
  Step goal_ = Step::read;
  int exponent_ = 0;
  nlohmann::ordered_json value_;
  nlohmann::ordered_json identity_;
  Write cells_;
  Request request_;
  OperationResult result_;
};

}  // namespace tbgw::modbus
