// SPDX-License-Identifier: Apache-2.0
// What a change of the gateway's shared attributes means: nothing, a refusal, or the smallest
// change of what runs. Pure; remote_control.hpp keeps the order of events around it.
//
// How tbgw-run hooks the remote management:
//
//   VersionStore store(state_directory + "/remote");     // version_store.hpp
//   RemoteState local = read_local(main_file);           // version_store.hpp
//   auto opened = store.open(local);                     // who won: opened->winners, for status
//   run store.main_file() instead of main_file           // it is main_file while nothing changed
//   RemoteControl control(opened->state, check, kOptions);
//
//   each event for the gateway itself  -> control.event(json, now)      (tbgw-route --gateway)
//   a pipeline is up, or gave up       -> control.running(name, now) / control.failed(name, text)
//   the loop                           -> control.tick(now), due at control.next_tick()
//   then: control.take_lines()         -> records to print up
//         control.take_state()         -> if any: store.put(*state, control.trial_keys()), load
//                                         store.main_file() as for a changed file, and restart what
//                                         differs: that is the smallest change
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "run/remote_state.hpp"

namespace tbgw::run {

/// The mistakes that the shared attribute `key` brings into `next`, each as `tbgw-run check` says
/// it; none = it can run.
using RemoteCheck =
    std::function<std::vector<std::string>(const RemoteState& next, const std::string& key)>;

struct RemoteRefusal {
  std::string key;
  std::string text;
  bool operator==(const RemoteRefusal&) const = default;
};

struct RemoteChange {
  RemoteState next;
  /// The shared attributes of which something else will run; each has to prove itself.
  std::vector<std::string> changed;
  /// Client attributes that acknowledge them, for when they did.
  std::map<std::string, nlohmann::json> acknowledge;
  /// Client attributes that acknowledge what changes nothing.
  std::map<std::string, nlohmann::json> at_once;
  std::vector<RemoteRefusal> refused;
  /// Shared attributes to ask for: connectors that are to run and that nobody described yet.
  std::vector<std::string> ask;
  std::vector<std::string> notices;  ///< for people, each a sentence
};

/// `incoming`: shared attributes by name. `refused`: what was refused before, by name: the same
/// again is not news either.
RemoteChange decide(const RemoteState& now, const std::map<std::string, nlohmann::json>& refused,
                    const nlohmann::json& incoming, const RemoteCheck& check);

/// `state` with what the shared attribute `key` stands for as it is in `before`.
void revert(RemoteState& state, const RemoteState& before, const std::string& key);

/// The value of a shared attribute: text that holds an object or a list of JSON, as some pages of
/// the platform store it, is that; of hostile depth it stays text.
nlohmann::json shared_value(const nlohmann::json& value);

}  // namespace tbgw::run
