// SPDX-License-Identifier: Apache-2.0
// Images over the air for the gateway's own device: what the platform offers is fetched chunk by
// chunk into a folder, checked, and told. What is done with it is for others.
//
// A part of an image keeps the name of its checksum, so after a lost connection or a restart the
// rest of the same image follows, and no other one.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "tb/outbox.hpp"

namespace tbgw::tb {

/// The shared attributes fw_title … fw_checksum_algorithm.
struct Image {
  std::string title;
  std::string version;
  std::uint64_t size = 0;
  std::string checksum;
  std::string algorithm;

  bool operator==(const Image&) const = default;
};

class Firmware {
 public:
  /// One chunk; more would only make each loss dearer.
  static constexpr std::uint64_t kChunk = std::uint64_t{16} << 10;
  static constexpr std::uint64_t kLargest = std::uint64_t{1} << 30;
  /// Without an answer for so long a chunk is asked for again, so often.
  static constexpr std::chrono::seconds kPatience{20};
  static constexpr int kTries = 5;

  /// `folder` exists and can be written.
  explicit Firmware(std::string folder);

  /// A message to publish.
  struct Say {
    std::string topic;
    std::string payload;
  };
  /// On each connection: asks what is offered, and for the rest of what is on its way.
  void connection_up(Time now);
  void connection_lost();
  /// True if the message was an answer for us alone. (An update of the own attributes is looked at,
  /// and is not.)
  bool message(std::string_view topic, std::string_view payload, Time now);
  void tick(Time now);
  [[nodiscard]] Time next_tick() const { return due_; }

  /// What came up since the last call: messages, events for stdout, warnings.
  std::vector<Say> take_messages();
  std::vector<std::string> take_events();
  std::vector<std::string> take_warnings();

 private:
  void offered(std::string_view attributes, bool all, Time now);
  void begin(Time now);
  void ask(Time now);
  void take_chunk(std::string_view data, Time now);
  void finish();
  void fail(const std::string& why);
  void report(std::string_view state, const std::string& error = "");
  [[nodiscard]] std::string part_path() const;
  [[nodiscard]] std::string image_path() const;

  std::string folder_;
  Image offer_;  ///< as far as the platform told it
  std::optional<Image> loading_;
  std::optional<Image> done_;  ///< told, or given up, in this process
  std::uint64_t have_ = 0;     ///< bytes of it on the disk
  unsigned request_ = 0;       ///< its number on this connection
  std::uint64_t chunk_ = 0;
  int tries_ = 0;
  bool up_ = false;
  Time due_ = Time::max();
  std::vector<Say> messages_;
  std::vector<std::string> events_;
  std::vector<std::string> warnings_;
};

}  // namespace tbgw::tb
