// SPDX-License-Identifier: Apache-2.0
// Where a consumer's acknowledgements come in: a FIFO that any consumer may open, or the read end
// of a pipe that a child inherits.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/fd.hpp"
#include "core/loop.hpp"
#include "spool/ack_line.hpp"

namespace tbgw::spool {

class AckChannel {
 public:
  using OnLine = std::function<void(const AckLine&)>;
  /// The last writer is gone. May destroy this object.
  using OnClosed = std::function<void()>;

  /// Makes the FIFO (0600) if it is absent and opens it for reading. No write end is ever held:
  /// that is how it is known whether a consumer lives. A fresh read end is opened before the one
  /// that saw its writers go is closed, so nothing is lost between two consumers. Fatal 73 if
  /// `path` is no FIFO or cannot be one.
  AckChannel(Loop& loop, std::string path, OnLine on_line, OnClosed on_closed);
  /// Reads `pipe` until its writers are gone. The caller has made it nonblocking.
  AckChannel(Loop& loop, Fd pipe, OnLine on_line, OnClosed on_closed);
  ~AckChannel();
  AckChannel(const AckChannel&) = delete;
  AckChannel& operator=(const AckChannel&) = delete;

  /// Reads all that is there now, without waiting for it to be reported readable.
  void drain();

  /// Reads what is there; false: nobody has the other end open now.
  bool has_writer() { return read_block(); }

  /// "" for a pipe.
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::uint64_t garbled() const { return lines_.garbled(); }

 private:
  static Fd open_fifo(const std::string& path);
  void watch();
  void on_ready();
  bool read_block();
  void on_end();

  Loop& loop_;
  std::string path_;
  OnLine on_line_;
  OnClosed on_closed_;
  Fd fd_;
  AckLines lines_;
};

/// 16 hex digits from the kernel's random source: the name of one run.
std::string new_run_id();
/// {"spool":1,"run":RUN,"ack":PATH}, newline included.
std::string hello_with_path(std::string_view run, std::string_view path);
/// {"spool":1,"run":RUN,"ack_fd":FD}, newline included.
std::string hello_with_fd(std::string_view run, int fd);

}  // namespace tbgw::spool
