// SPDX-License-Identifier: Apache-2.0
#include "core/prompt.hpp"

#include <termios.h>
#include <unistd.h>

#include <cerrno>

#include "core/fd.hpp"
#include "core/status.hpp"

namespace tbgw {
namespace {

/// While it lives, the terminal does not show what is typed (but the newline).
class Hidden {
 public:
  explicit Hidden(bool wanted) {
    if (!wanted || ::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    quiet.c_lflag |= ECHONL;
    changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
  }
  ~Hidden() {
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  Hidden(const Hidden&) = delete;
  Hidden& operator=(const Hidden&) = delete;

 private:
  termios before_{};
  bool changed_ = false;
};

}  // namespace

std::string ask(const std::string& question, bool hidden) {
  const bool terminal = ::isatty(STDIN_FILENO) == 1;
  const Hidden guard(terminal && hidden);  // first: what is typed at once must not be shown either
  if (terminal) {
    [[maybe_unused]] const auto asked = write_all(STDERR_FILENO, question + ": ");
  }
  std::string line;
  char c = 0;
  // Byte by byte: what follows the line belongs to the next question.
  while (true) {
    const ssize_t got = ::read(STDIN_FILENO, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_errno(Status::io_error, "cannot read the answer");
    if (got == 0 && line.empty()) throw Fatal(Status::no_input, "no answer to: " + question);
    if (got == 0 || c == '\n') return line;
    line.push_back(c);
  }
}

}  // namespace tbgw
