// SPDX-License-Identifier: Apache-2.0
// What is said goes to standard error (or the journal behind it), or into files whose size is
// bounded: NAME.log, before it NAME.log.1, and so on.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "core/fd.hpp"
#include "core/log.hpp"

namespace tbgw::run {

class LogFiles {
 public:
  /// No folder: standard error. Each file is at most `size` bytes long, and `files` of a name are
  /// kept. Fatal 73 if the folder cannot be made.
  LogFiles(std::string folder, std::uint64_t size, int files);

  /// One line of `name`.
  void write(std::string_view name, log::Level level, std::string_view text);

 private:
  struct File {
    Fd fd;
    std::uint64_t size = 0;
  };
  File* open(const std::string& path);
  void rotate(const std::string& path);

  std::string folder_;
  std::uint64_t size_;
  int count_;
  std::map<std::string, File> open_;
};

/// A name as part of a file's name: what is no letter, digit, '-', '_' or '.' becomes '_'.
std::string as_file_name(std::string_view name);

}  // namespace tbgw::run
