// SPDX-License-Identifier: Apache-2.0
// One process of the gateway and its life so far.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <utility>

#include "core/fd.hpp"
#include "core/loop.hpp"
#include "run/layout.hpp"
#include "run/schedule.hpp"
#include "run/voice.hpp"

namespace tbgw::run {

struct Unit {
  enum class State {
    waiting,  ///< not started yet, or again after a back-off
    running,
    done,     ///< ended and not to be started again
    failed,   ///< needs another file or command line
    stopped,  ///< ended because it was to
  };

  Unit(Process what, Restart restart) : process(std::move(what)), schedule(restart) {}

  Process process;
  Schedule schedule;
  State state = State::waiting;
  pid_t pid = -1;
  Loop::Time since{};    ///< of the state
  Loop::Time due{};      ///< waiting: when it is started
  int last_status = -1;  ///< 128 + N for signal N; -1: it has not ended yet
  std::uint64_t restarts = 0;
  bool was_ready = false;  ///< its --ready-fd spoke once
  bool replaced = false;   ///< it was asked to end so that it starts as `process` now says
  std::unique_ptr<Voice> voice;
  Loop::Timer timer;
  Fd ready;  ///< our end of its --ready-fd, until it speaks
};

/// "ended with 74", "was killed by SIGKILL": for people.
std::string describe_end(int status);

}  // namespace tbgw::run
