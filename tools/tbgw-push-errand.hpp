// SPDX-License-Identifier: Apache-2.0
// What tbgw-push does besides pushing: it connects once, asks, and goes.
#pragma once

#include <optional>
#include <string>

#include "mqtt/session.hpp"
#include "tbgw-push-options.hpp"
#include "tbgw-push-target.hpp"

namespace tbgw {

/// One question and where its answer comes.
struct Errand {
  std::string topic;
  std::string payload;
  std::string answer_filter;  ///< what to subscribe to
  std::string answer_topic;
};

struct ErrandResult {
  mqtt::Up up;
  std::optional<std::string> answer;  ///< nullopt: none within 5 s
};

/// Connects, once at each URL. Fatal 69 (nobody let us in), 77, 78; `without` as for
/// mqtt::refuse_to_go_on().
ErrandResult run_errand(mqtt::SessionOptions options, const Errand& errand,
                        const std::string& without);

/// --check: says what the platform says of these credentials. Fatal 78: they are no gateway's, and
/// --device-api was not given.
Status check(const PushOptions& options, const PushTarget& target);

/// --login: asks for URL and token, tries them, and stores what was let in.
Status login(PushOptions& options);

/// The credentials that the platform gives for the key of a device profile: those that are stored,
/// or new ones, which are stored then. Fatal 69, 73, 77, 78.
void provision(PushOptions& options, PushTarget& target);

}  // namespace tbgw
