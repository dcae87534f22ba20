// SPDX-License-Identifier: Apache-2.0
// The way up: raw records become readings, answers become rpc-reply events, connect, disconnect and
// fault get their device. Everything else passes byte for byte.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "convert/answer.hpp"
#include "convert/line.hpp"
#include "convert/map.hpp"
#include "convert/mapper.hpp"
#include "convert/select.hpp"
#include "convert/value.hpp"
#include "core/json_view.hpp"
#include "core/line_reader.hpp"

namespace tbgw::convert {

class Uplink {
 public:
  /// `map` (finished) must outlive this object and not change.
  explicit Uplink(const Map& map);
  ~Uplink();
  Uplink(const Uplink&) = delete;
  Uplink& operator=(const Uplink&) = delete;

  /// Appends what `line` becomes: nothing, or lines with their newlines.
  Outcome convert(const Line& line, std::string& out);

  /// Values that a report strategy held back, and when to ask for them: see Reporter.
  [[nodiscard]] Reporter& reporter() { return reporter_; }

  struct Counts {
    std::uint64_t lines = 0;
    std::uint64_t converted = 0;  ///< raw records that gave a reading
    std::uint64_t answers = 0;    ///< answers that gave a reply
    std::uint64_t passed = 0;     ///< lines of others, unchanged or with their device filled in
    std::uint64_t rejected = 0;   ///< lines of which something could not be converted
    std::uint64_t rejected_fields = 0;  ///< fields of raw records that could not be converted
    std::uint64_t too_long = 0;         ///< of the rejected: longer than a record may be
  };
  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  Outcome reject(const Envelope& envelope, std::string& out);
  Outcome convert_members(std::string_view line, const Members& members, std::string& out);
  Outcome convert_raw(const Members& members, std::string& out);
  Outcome convert_mapped(const Members& members, std::string_view bytes, std::string& out);
  Outcome convert_answer(const Members& members, std::string& out);
  Outcome pass_event(std::string_view line, const Members& members, std::string& out);
  bool append_reading(const Members& members, const Choice& choice, std::string_view bytes,
                      std::string& out);
  void append_head(const Members& members, const Choice& choice, std::string& out);
  bool append_telemetry(const std::vector<Field>& fields, std::string_view stamp,
                        std::string_view clock, std::string_view bytes, std::string& out);
  bool append_fields(const std::vector<Field>& fields, std::string_view bytes, std::string& out);
  bool append_field(const std::vector<Field>& fields, std::size_t index, std::string_view bytes,
                    bool any, std::string& out);
  bool reported(const Field& field, const std::vector<Field>& fields, std::string_view value);
  void tell_falsy(const Field& field, std::string_view value);
  bool has_later_value(const std::vector<Field>& fields, std::size_t index, std::string_view bytes);

  const Map& map_;
  Selector selector_;
  ValueWriter values_;
  AnswerReader answers_;
  Reporter reporter_;
  Mapper mapper_;
  FrameBytes frame_;
  JsonView view_;
  const Choice* choice_ = nullptr;  ///< of the record that is being converted
  std::string_view stamp_;
  std::string reason_;
  std::string note_;
  std::string tried_;
  std::string notice_;
  bool told_falsy_;
  Counts counts_;
};

}  // namespace tbgw::convert
