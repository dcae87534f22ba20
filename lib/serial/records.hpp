// SPDX-License-Identifier: Apache-2.0
// One port's frames and events as lines of tbgw-record(5), without newline.
#pragma once

#include <string>
#include <string_view>

#include "core/time.hpp"
#include "serial/setup.hpp"

namespace tbgw::serial {

class RecordWriter {
 public:
  /// `trust` is shared by all ports and must outlive this object. A record holds at most
  /// `max_record` bytes.
  RecordWriter(const PortSetup& setup, ClockTrust& trust, std::size_t max_record);

  /// The raw record of a frame. `now` is the time that is `wall_now` on the wall clock.
  std::string frame(const Frame& frame, Time now, EpochMs wall_now);
  /// The same as the answer to a command: its device, if it named one, and its rpc go along.
  std::string answer(const Answer& answer, Time now, EpochMs wall_now);
  /// What became of a command: `"sent":true` or `"error":…`.
  [[nodiscard]] std::string sent(const Command& command) const;
  [[nodiscard]] std::string failed(const Command& command, const std::string& why) const;

  [[nodiscard]] std::string connect() const;
  [[nodiscard]] std::string disconnect(const std::string& reason) const;
  [[nodiscard]] std::string fault(const std::string& text) const;

  /// Stamps that had to repeat one before them.
  [[nodiscard]] std::uint64_t repeated_stamps() const { return spreader_.repeated(); }

 private:
  std::string raw(const Frame& frame, std::string_view device, std::string_view rpc, Time now,
                  EpochMs wall_now);
  [[nodiscard]] std::string outcome(const Command& command, const std::string& what) const;

  std::string name_;  ///< "" for standard input, which is no address
  std::string device_;
  std::string device_type_;
  std::vector<std::string> shared_keys_;
  Encoding encoding_;
  ClockTrust& trust_;
  StampSpreader spreader_;
  std::size_t max_record_;
};

}  // namespace tbgw::serial
