// SPDX-License-Identifier: Apache-2.0
// Records that could not be used: told with their place, counted, and kept in a file if wanted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/fd.hpp"

namespace tbgw {

class Rejects {
 public:
  /// `path` is appended to; "" = nothing is kept. `inputs` are read meanwhile ("-" is stdin): one
  /// of them as `path` would never end. Fatal 64/73.
  explicit Rejects(const std::string& path, const std::vector<std::string>& inputs = {});

  /// Prints "input:line: reason", rate-limited.
  void tell(std::string_view input, std::uint64_t line, std::string_view reason);
  /// Appends a line to the file. Fatal 74.
  void keep(std::string_view line);
  /// How often tell() was called.
  [[nodiscard]] std::uint64_t told() const { return told_; }

 private:
  std::string path_;
  Fd fd_;
  std::string text_;
  std::uint64_t told_ = 0;
};

}  // namespace tbgw
