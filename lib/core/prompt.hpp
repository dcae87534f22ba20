// SPDX-License-Identifier: Apache-2.0
// Questions to a person.
#pragma once

#include <string>

namespace tbgw {

/// Reads one line from stdin. On a terminal it asks first, on stderr, and with `hidden` does not
/// show what is typed. Fatal 66 if the input ends before the line.
std::string ask(const std::string& question, bool hidden);

}  // namespace tbgw
