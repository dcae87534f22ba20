// SPDX-License-Identifier: Apache-2.0
// What a child says on standard error: lines with a level, handed on under a name.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "core/fd.hpp"
#include "core/log.hpp"
#include "core/loop.hpp"

namespace tbgw::run {

class Voice {
 public:
  using Take = std::function<void(log::Level level, std::string_view text)>;

  /// Gets each line, without its end, of at most kLongest bytes.
  Voice(Loop& loop, Take take);
  ~Voice();
  Voice(const Voice&) = delete;
  Voice& operator=(const Voice&) = delete;

  /// What the child's standard error has to be.
  [[nodiscard]] int fd() const { return pipe_.write.get(); }
  /// To be added to the child's environment: our tools then begin each line with its level.
  [[nodiscard]] std::map<std::string, std::string> environment() const;

  static constexpr std::size_t kLongest = 8192;

 private:
  void read();
  void take_lines();

  Loop& loop_;
  Take take_;
  Pipe pipe_;
  std::string waiting_;
};

/// "<4>text" has its level; a line that says none is a warning: of a script it may be anything.
std::pair<log::Level, std::string_view> split_level(std::string_view line);

}  // namespace tbgw::run
