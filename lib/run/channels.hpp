// SPDX-License-Identifier: Apache-2.0
// The pipes between the processes of a group, held open at both ends so that a process that is
// started anew finds them as they were, and the FIFOs of the router.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "core/fd.hpp"
#include "run/layout.hpp"

namespace tbgw::run {

class Channels {
 public:
  /// FIFOs are in `folder`.
  explicit Channels(std::string folder) : folder_(std::move(folder)) {}

  /// A descriptor for a child to read or write there: the caller's. Fatal 73, 74.
  Fd open(const Channel& channel, bool writing);
  /// Whoever reads it finds its end, once the writers are gone too.
  void close_writing(const Channel& channel);
  /// A new, empty one takes its place.
  void renew(const Channel& channel);
  /// A writer was killed, maybe within a line: what comes next must not be taken for its rest.
  void end_line(const Channel& channel);
  /// Before a new start, after close_writing().
  void forget_all() { pipes_.clear(); }

 private:
  Pipe& pipe(const std::string& name);

  std::string folder_;
  std::map<std::string, Pipe> pipes_;
};

}  // namespace tbgw::run
