// SPDX-License-Identifier: Apache-2.0
// Notices that files changed, however they were written: in place, or renamed over the old one.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/fd.hpp"
#include "core/loop.hpp"

namespace tbgw::run {

class FileWatch {
 public:
  /// `on_change` is called once after changes that follow each other closely.
  FileWatch(Loop& loop, const std::vector<std::string>& files, std::function<void()> on_change);
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

 private:
  void read();
  [[nodiscard]] std::vector<std::string> seen() const;

  Loop& loop_;
  std::vector<std::string> files_;
  std::function<void()> on_change_;
  Fd inotify_;
  std::vector<std::string> seen_;
  Loop::Timer settle_;
};

}  // namespace tbgw::run
