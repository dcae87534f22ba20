// SPDX-License-Identifier: Apache-2.0
// Readings into messages: one device a message, as many readings as fit, never a value cut.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tb/device_table.hpp"
#include "tb/ledger.hpp"
#include "tb/outbox.hpp"
#include "tb/reading.hpp"

namespace tbgw::tb {

/// The MQTT remaining length that ThingsBoard accepts by default.
inline constexpr std::size_t kMaxPayload = 65536;

/// Collects readings in the device's batch and seals it into messages when it is full, when its
/// attributes change, or when told. In a message the readings keep their order; a batch's
/// attributes, which all its records share, go first.
class Packer {
 public:
  Packer(Ledger& ledger, std::size_t max_payload) : ledger_(ledger) {
    set_max_payload(max_payload);
  }

  /// The limit of the MQTT remaining length, for what is packed from now on.
  void set_max_payload(std::size_t bytes);
  /// The same as a wish: a value that is too large for it goes alone. 0 = none.
  void set_wanted_payload(std::size_t bytes) { wanted_payload_ = bytes; }
  /// Values in a message, 0 = any number: where the platform counts them.
  void set_most_values(std::size_t values) { most_values_ = values; }
  /// The largest payload that may go to a topic of this length.
  [[nodiscard]] std::size_t room(std::size_t topic_length) const;

  /// Adds a reading to the batch of its device. Messages that became full are appended to `sealed`;
  /// values too large for any message are told in `left_out` with their reason.
  void add(DeviceId id, Device& device, const Reading& reading, Seq record, Time now,
           std::vector<Message>& sealed, std::vector<std::string>& left_out);
  /// Seals what the batch holds: its attributes, then its telemetry.
  void seal(DeviceId id, Device& device, std::vector<Message>& sealed);

 private:
  struct Job;
  void add_attributes(Job& job);
  void add_entries(Job& job);
  [[nodiscard]] bool has_too_many(const Batch& batch, std::size_t more) const;
  void split_entry(Job& job, const Entry& entry);
  void split_attributes(Job& job);
  void seal_telemetry(DeviceId id, Device& device, std::vector<Message>& sealed);
  void seal_attributes(DeviceId id, Device& device, std::vector<Message>& sealed);
  Message frame(Message::Kind kind, DeviceId id, const Device& device,
                const std::string& body) const;

  Ledger& ledger_;
  std::size_t max_payload_ = kMaxPayload;
  std::size_t wanted_payload_ = 0;
  std::size_t most_values_ = 0;
  std::string scratch_;
};

}  // namespace tbgw::tb
