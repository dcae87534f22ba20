// SPDX-License-Identifier: Apache-2.0
// A State in a folder: its changes are on the disk before anything is acknowledged that rests on
// them.
#pragma once

#include <memory>
#include <string>

#include "core/fd.hpp"
#include "core/journal.hpp"
#include "core/result.hpp"
#include "tb/state.hpp"

namespace tbgw::tb {

/// One process at a time writes a folder; a second one reads it and writes nothing.
class StateStore {
 public:
  /// Keeps nothing.
  StateStore() = default;
  /// Makes the folder (0700) if need be and reads the journal. A torn last line, what a power cut
  /// leaves, is cut off. Error: the folder or the file cannot be used, and why.
  static Result<StateStore> open(const std::string& folder);

  [[nodiscard]] State& state() { return *state_; }
  [[nodiscard]] const State& state() const { return *state_; }
  /// Where it is; "" = nowhere.
  [[nodiscard]] const std::string& folder() const { return folder_; }
  /// Another process has the folder: sync() keeps nothing.
  [[nodiscard]] bool is_reader() const { return !folder_.empty() && !journal_.keeps(); }

  /// Makes the changes since the last call durable: they are on the disk when it returns. Without
  /// changes it costs nothing. An error leaves them for the next call.
  Result<void> sync();

 private:
  std::string folder_;
  Fd lock_;
  std::unique_ptr<State> state_ = std::make_unique<State>();  ///< the journal knows its place
  Journal journal_;
};

}  // namespace tbgw::tb
