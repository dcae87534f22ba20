// SPDX-License-Identifier: Apache-2.0
// What only the tools themselves can say of a gateway's files: they are asked, without anything
// being opened or sent.
#pragma once

#include <functional>
#include <string>

#include "run/mistakes.hpp"
#include "run/plan.hpp"

namespace tbgw::run {

/// Adds what the tools find wrong. `find` gives the path of a program.
void ask_tools(const Gateway& gateway, const std::function<std::string(const std::string&)>& find,
               Mistakes& mistakes);

struct Answer {
  int status = 0;  ///< 128 + N for signal N
  std::string output;
  std::string errors;
};
/// Runs a program, with nothing to read, to its end.
Answer ask(const std::string& program, const Argv& argv);

}  // namespace tbgw::run
