// SPDX-License-Identifier: Apache-2.0
// What a gateway keeps over a restart: the devices that were there, and what the platform calls
// them. Pure; StateStore (state_store.hpp) puts it on a disk.
//
// A journal, one change a line; of several for one device the last counts:
//   {"device":"Pump 4","type":"pump","connected":true,"at":1790000000123,"sharedKeys":["setpoint"]}
//   {"forget":"Pump 4"}
//   {"local":"Pump 4","platform":"Main pump"}
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"

namespace tbgw::tb {

/// A device as the stages left of us name it.
struct KnownDevice {
  std::string type;  ///< device profile; "" = "default"
  std::vector<std::string> shared_keys;
  bool connected = true;  ///< false: its last event was disconnect
  EpochMs at = 0;         ///< of its last connect, first reading or disconnect

  bool operator==(const KnownDevice&) const = default;
};

class State {
 public:
  using Devices = std::map<std::string, KnownDevice, std::less<>>;
  /// The local name of a device -> what the platform calls it; only where they differ.
  using Renames = std::map<std::string, std::string, std::less<>>;

  [[nodiscard]] const Devices& devices() const { return devices_; }
  [[nodiscard]] const Renames& renames() const { return renames_; }

  /// Both return the name as it was given if there is no rename. The views live until the next
  /// change.
  [[nodiscard]] std::string_view platform_name(std::string_view local) const;
  [[nodiscard]] std::string_view local_name(std::string_view platform) const;

  /// The device is there, or gone. No change if nothing but `at` is new.
  void keep(std::string_view local, KnownDevice device);
  /// The device is not to be announced again, and its rename is forgotten: deleted on the platform.
  void forget(std::string_view local);
  /// The platform calls the device `to` that it called `from` until now (from may itself be a
  /// rename of it). Back to the local name ends the rename.
  void rename(std::string_view from, std::string_view to);

  /// Takes one line of a journal, which may be of a later version: false = not understood, ignored.
  bool take(std::string_view line);
  /// All of it as a journal, newlines included.
  [[nodiscard]] std::string journal() const;
  /// The lines that keep(), forget() and rename() made since the last call.
  [[nodiscard]] std::string take_changes();

 private:
  void set_rename(std::string_view local, std::string_view platform);

  Devices devices_;
  Renames renames_;
  Renames locals_;  ///< renames_ the other way round
  std::string changes_;
};

}  // namespace tbgw::tb
