// SPDX-License-Identifier: Apache-2.0
// The devices that readings and events named, and what the platform knows of them on this
// connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tb/outbox.hpp"
#include "tb/state.hpp"

namespace tbgw::tb {

/// Readings of one device that no message carries yet.
struct Batch {
  std::string attributes;          ///< members, without braces
  std::vector<Seq> attributes_of;  ///< the records that hold exactly these
  std::string telemetry;           ///< entries, without brackets
  std::vector<Slice> slices;       ///< of `telemetry`
  Time opened{};
  bool listed = false;     ///< somebody waits to seal it
  std::size_t values = 0;  ///< in `telemetry`
  /// The size of the last one: the next will be like it, and one allocation is enough for it.
  std::uint32_t last_bytes = 0;
  std::uint32_t last_records = 0;

  [[nodiscard]] bool empty() const { return attributes_of.empty() && slices.empty(); }
  /// What it costs to keep.
  [[nodiscard]] std::size_t bytes() const {
    return empty() ? 0
                   : attributes.capacity() + attributes_of.capacity() * sizeof(Seq) +
                         telemetry.capacity() + slices.capacity() * sizeof(Slice);
  }
};

struct Device {
  std::string name;
  std::string quoted;  ///< what the platform calls it, as JSON
  std::string type;    ///< device profile; "" = "default"
  std::vector<std::string> shared_keys;
  /// The last value of each shared key that was told to the device, as JSON.
  std::unordered_map<std::string, std::string> shared_values;
  bool announced = false;  ///< the platform was told on this connection
  Time spoke{};            ///< when it last said something that keeps its session alive
  bool gone = false;       ///< its last event was disconnect
  bool changed = false;    ///< see DeviceTable::note_change()
  Batch batch;
};

/// Devices by name; they are never removed, so a DeviceId stays valid.
class DeviceTable {
 public:
  /// More names than this are no devices any more.
  static constexpr std::size_t kMost = 50'000;

  DeviceTable();

  /// nullptr: the table is full. "" = the gateway itself.
  Device* find_or_add(std::string_view name, DeviceId& id);
  /// nullptr if nobody named it.
  Device* find(std::string_view name);
  Device& operator[](DeviceId id) { return devices_[id]; }
  const Device& operator[](DeviceId id) const { return devices_[id]; }
  [[nodiscard]] std::size_t size() const { return devices_.size(); }

  /// What the platform calls devices is asked there from now on; it must outlive the table.
  void translate(const State& state) { state_ = &state; }
  /// A device has another name on the platform now. Returns what the old one was, as JSON.
  std::string take_new_name(DeviceId id);

  /// No device is announced any more.
  void connection_lost();

  /// Something of it is new that must be known after a restart: that it is there, or gone, its
  /// type, its shared keys.
  void note_change(DeviceId id);
  /// The devices that changed since the last call, each once.
  std::vector<DeviceId> take_changed();

 private:
  std::deque<Device> devices_;  ///< a deque: names_ has views into it
  std::unordered_map<std::string_view, DeviceId> names_;
  const State* state_ = nullptr;
  std::vector<DeviceId> changed_;
};

}  // namespace tbgw::tb
