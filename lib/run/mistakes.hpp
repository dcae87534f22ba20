// SPDX-License-Identifier: Apache-2.0
// Every mistake of a configuration at once, where the readers of core end with the first.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/config.hpp"
#include "core/status.hpp"

namespace tbgw::run {

class Mistakes {
 public:
  void add(std::string text) { texts_.push_back(std::move(text)); }

  /// Runs it; what it throws about a file (absent, not readable, wrong) is a mistake, and false.
  bool attempt(const std::function<void()>& read) {
    try {
      read();
      return true;
    } catch (const Fatal& fatal) {
      if (fatal.status == Status::software) throw;
      add(fatal.what());
      return false;
    }
  }

  /// The keys of a table that nobody asked for.
  void take_unknown(const ConfigTable& table) {
    for (std::string& text : table.unknown())
      add(std::move(text));
  }

  [[nodiscard]] const std::vector<std::string>& texts() const { return texts_; }
  [[nodiscard]] bool none() const { return texts_.empty(); }

 private:
  std::vector<std::string> texts_;
};

}  // namespace tbgw::run
