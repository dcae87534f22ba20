// SPDX-License-Identifier: Apache-2.0
// Owned file descriptors and the few system calls every tool makes on them.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "core/result.hpp"

namespace tbgw {

/// Owns a descriptor; closes it at the end of its life. -1 = none.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset();

 private:
  int fd_ = -1;
};

struct Pipe {
  Fd read;
  Fd write;
};
/// A close-on-exec pipe; Fatal 70 if the kernel refuses.
Pipe make_pipe();

/// Opens for reading, close-on-exec. Fatal 66 (absent, a directory) or 77 (not allowed) with the
/// path.
Fd open_for_reading(const std::string& path);

/// The whole of a file of at most `limit` bytes; "-" is stdin. Fatal 66/77/74 with the path.
std::string read_file(const std::string& path, std::size_t limit = std::size_t{16} << 20);

/// Writes everything, blocking, however often the kernel takes only a part. Error = errno text.
Result<void> write_all(int fd, std::string_view bytes);

/// What stands behind a descriptor, as far as it decides how we treat it.
enum class FdKind { pipe, socket, terminal, file, null_device, other };
FdKind fd_kind(int fd);

}  // namespace tbgw
