// SPDX-License-Identifier: Apache-2.0
// Which pipeline speaks with which device: learnt from what passes, kept as lines of a journal.
// Pure. Of several lines for one device the last counts:
//   {"device":"Pump 4","pipeline":"modbus"}
//   {"forget":"Pump 4"}
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tbgw::route {

using Time = std::chrono::steady_clock::time_point;

class Owners {
 public:
  /// More devices are not learnt: a source that invents names must not eat the memory.
  static constexpr std::size_t kMost = 100'000;
  /// A pipeline that said nothing of its device for so long may lose it to another.
  static constexpr std::chrono::seconds kTenure{60};

  /// The pipelines there are, by their number. Those of a journal count as heard at `start`.
  Owners(std::vector<std::string> pipelines, Time start);

  enum class Claim : std::uint8_t {
    own,     ///< it was this pipeline's already
    learnt,  ///< a new device
    moved,   ///< it was another's, who no longer speaks of it
    others,  ///< it is another's, who spoke of it lately
    full,    ///< a new device past kMost
  };
  /// The pipeline spoke of the device.
  Claim claim(std::string_view device, std::size_t pipeline, Time now);
  /// Its owner said that the device is gone: any pipeline may have it.
  void release(std::string_view device, std::size_t pipeline);
  /// What the platform calls `from` it now calls `to`: both are the same pipeline's.
  void rename(std::string_view from, std::string_view to, Time now);
  void forget(std::string_view device);

  struct Owner {
    std::string_view name;              ///< of the pipeline
    std::optional<std::size_t> number;  ///< none: there is no such pipeline in this run
  };
  [[nodiscard]] std::optional<Owner> find(std::string_view device) const;

  /// Devices of which nothing was heard since `since`, each told once, until they are heard again.
  std::vector<std::string> fell_silent(Time since);
  /// The longest silence began then; none: no device can fall silent.
  [[nodiscard]] std::optional<Time> longest_silence() const;

  /// Takes a line of a journal; false = not understood.
  bool take(std::string_view line);
  [[nodiscard]] std::string journal() const;
  /// The lines of what changed since the last call.
  std::string take_changes();
  [[nodiscard]] std::size_t size() const { return devices_.size(); }

 private:
  struct Device {
    std::size_t pipeline = 0;
    Time heard;
    bool free = false;    ///< its owner said disconnect
    bool silent = false;  ///< fell_silent() told it, or its owner did
  };
  std::size_t number_of(std::string_view pipeline);
  void set(std::string_view device, Device value);

  std::vector<std::string> pipelines_;  ///< those of this run first, then others of the journal
  std::size_t present_;
  Time start_;
  std::map<std::string, Device, std::less<>> devices_;
  std::string changes_;
};

}  // namespace tbgw::route
