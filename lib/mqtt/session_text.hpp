// SPDX-License-Identifier: Apache-2.0
// What a person is told about a session.
#pragma once

#include <string>

#include "core/log.hpp"
#include "mqtt/session.hpp"

namespace tbgw::mqtt {

struct Notice {
  log::Level level = log::Level::info;
  std::string text;
};

/// A recovery is told as loudly as the outage was; a first connection only to who wants to know.
Notice describe(const Up& up);
/// An outage is told once; what a person must mend each time.
Notice describe(const Down& down);

/// Throws if trying again is no use: the session was never up, and the platform refused the
/// credentials (Fatal 77), one side does not trust the other (77), or our certificate files are bad
/// (78). `without`: that we have no credentials, and where they were looked for; "" = we have some.
void refuse_to_go_on(const Down& down, const std::string& without);

}  // namespace tbgw::mqtt
