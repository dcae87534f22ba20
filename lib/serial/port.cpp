// SPDX-License-Identifier: Apache-2.0
#include "serial/port.hpp"

// The kernel's termios2, not the C library's termios: only it takes any baud rate.
#include <asm/ioctls.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/serial.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "core/status.hpp"
#include "serial/holder.hpp"
#include "serial/line_flags.hpp"

namespace tbgw::serial {
namespace {

using Why = PortError::Why;

/// "dialout", or the number if it has no name.
std::string group_name(gid_t id) {
  group entry{};
  group* found = nullptr;
  std::array<char, 4096> memory{};
  if (::getgrgid_r(id, &entry, memory.data(), memory.size(), &found) != 0 || found == nullptr) {
    return std::to_string(id);
  }
  return entry.gr_name;
}

PortError denied(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return {Why::denied, "permission denied"};
  const std::string group = group_name(info.st_gid);
  if ((info.st_mode & S_IRGRP) == 0 || (info.st_mode & S_IWGRP) == 0 || info.st_gid == 0) {
    return {Why::denied,
            "permission denied: only its owner may open it; let its group do so, as "
            "root: chgrp dialout " +
                path + " && chmod g+rw " + path};
  }
  return {Why::denied, "permission denied: the group " + group +
                           " owns it; join the group and log in again: sudo usermod -aG " + group +
                           " $USER"};
}

PortError busy(const std::string& path, const std::vector<Holder>& holders) {
  return {Why::busy, "held by " + name_holders(holders) + ": " + holder_remedy(holders, path)};
}

PortError open_error(const std::string& path, int error) {
  if (error == EACCES || error == EPERM) return denied(path);
  if (error == EBUSY) return busy(path, holders_of(path));
  return {Why::absent, errno_text(error)};
}

PortError not_a_port(const struct stat& info) {
  if (S_ISREG(info.st_mode) || S_ISFIFO(info.st_mode)) {
    return {Why::unsuitable,
            "not a serial port; to take the bytes of a file: tbgw-serial - < FILE"};
  }
  return {Why::unsuitable, "not a serial port"};
}

}  // namespace

struct Port::Saved {
  termios2 line{};
  std::optional<serial_rs485> rs485;
  std::optional<serial_icounter_struct> counters;
};

Port::Port(Fd fd, std::string path)
    : fd_(std::move(fd)), path_(std::move(path)), saved_(std::make_unique<Saved>()) {}

Port::Port(Port&&) noexcept = default;

std::variant<Port, PortError> Port::open(const std::string& path, const LineSettings& settings) {
  const std::unique_ptr<char, void (*)(void*)> real(::realpath(path.c_str(), nullptr), ::free);
  if (!real) return open_error(path, errno);
  struct stat info {};
  if (::stat(real.get(), &info) != 0) return open_error(path, errno);
  if (!S_ISCHR(info.st_mode)) return not_a_port(info);
  // O_NONBLOCK also means: do not wait for a carrier.
  Fd fd{::open(real.get(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)};
  if (!fd) return open_error(real.get(), errno);
  Port port(std::move(fd), real.get());
  // Unix98 pty slaves are the majors 136 to 143 (Linux: admin-guide/devices.txt).
  port.pty_ = major(info.st_rdev) >= 136 && major(info.st_rdev) <= 143;
  if (::ioctl(port.fd(), TCGETS2, &port.saved_->line) != 0) {
    const int error = errno;
    port.saved_.reset();
    return error == ENOTTY || error == EINVAL ? not_a_port(info) : open_error(path, error);
  }
  if (auto error = port.set_up(settings)) return *std::move(error);
  return port;
}

std::optional<PortError> Port::set_up(const LineSettings& settings) {
  if (settings.lock) {
    if (auto error = lock()) {
      saved_.reset();  // nothing of ours to undo on another program's port
      return error;
    }
  }
  set_modem_lines(settings);
  if (auto error = set_line(settings)) return error;
  if (settings.rs485) {
    if (auto error = set_rs485(*settings.rs485)) return error;
  }
  serial_icounter_struct counters{};
  if (::ioctl(fd(), TIOCGICOUNT, &counters) == 0) saved_->counters = counters;
  return std::nullopt;
}

std::optional<PortError> Port::lock() {
  if (::flock(fd(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return busy(path_, lock_holders_of(path_));
  }
  // The lock is advice; this is an order, at least for who is not root.
  locked_ = ::ioctl(fd(), TIOCEXCL) == 0;
  return std::nullopt;
}

void Port::set_modem_lines(const LineSettings& settings) {
  const auto set = [this](ModemLine want, int bit, const char* name) {
    if (want == ModemLine::keep) return;
    const bool done = ::ioctl(fd(), want == ModemLine::on ? TIOCMBIS : TIOCMBIC, &bit) == 0;
    if (!done && want == ModemLine::off) {
      notes_.push_back(std::string{"has no line "} + name + " to switch off");
    }
  };
  set(settings.dtr, TIOCM_DTR, "DTR");
  if (!settings.flow.rtscts && !settings.rs485) set(settings.rts, TIOCM_RTS, "RTS");
}

std::optional<PortError> Port::set_line(const LineSettings& settings) {
  const termios2 line = line_for(settings, saved_->line);
  if (::ioctl(fd(), TCSETS2, &line) != 0) {
    return PortError{Why::unsuitable,
                     "does not take the settings " + describe(settings) + ": " + errno_text(errno)};
  }
  if (settings.dtr == ModemLine::keep || settings.rts == ModemLine::keep) {
    saved_->line.c_cflag &= ~static_cast<tcflag_t>(HUPCL);
  }
  return compare(settings);
}

/// Drivers take what they cannot do without a word: read back what they really do.
std::optional<PortError> Port::compare(const LineSettings& settings) {
  termios2 got{};
  if (::ioctl(fd(), TCGETS2, &got) != 0) return open_error(path_, errno);
  if (!close_enough(settings.baud, got.c_ospeed)) {
    return PortError{Why::unsuitable, "does not do " + std::to_string(settings.baud) +
                                          " baud (its driver keeps " +
                                          std::to_string(got.c_ospeed) + ")"};
  }
  if (got.c_ospeed != settings.baud) {
    notes_.push_back("runs at " + std::to_string(got.c_ospeed) + " baud");
  }
  constexpr tcflag_t kChecked = CSIZE | CSTOPB | PARENB | PARODD | CMSPAR | CRTSCTS;
  const tcflag_t wrong = (got.c_cflag ^ character_flags(settings)) & kChecked;
  if (wrong == 0) return std::nullopt;
  if ((wrong & CRTSCTS) != 0 && !pty_) {
    return PortError{Why::unsuitable, "has no hardware flow control (rtscts)"};
  }
  if (pty_) {
    notes_.push_back("is a pty: " + describe(settings) + " means nothing to it");
    return std::nullopt;
  }
  return PortError{Why::unsuitable, "its driver does not do " + describe(settings)};
}

std::optional<PortError> Port::set_rs485(const Rs485& settings) {
  serial_rs485 old{};
  const bool known = ::ioctl(fd(), TIOCGRS485, &old) == 0;
  serial_rs485 wanted = old;
  const auto flag = [&wanted](unsigned bit, bool set) {
    wanted.flags = set ? wanted.flags | bit : wanted.flags & ~bit;
  };
  flag(SER_RS485_ENABLED, true);
  flag(SER_RS485_RTS_ON_SEND, settings.rts_high_while_sending);
  flag(SER_RS485_RTS_AFTER_SEND, !settings.rts_high_while_sending);
  wanted.delay_rts_before_send = static_cast<std::uint32_t>(settings.delay_before.count());
  wanted.delay_rts_after_send = static_cast<std::uint32_t>(settings.delay_after.count());
  const unsigned flags = wanted.flags;  // the kernel writes back what it made of them
  if (!known || ::ioctl(fd(), TIOCSRS485, &wanted) != 0) {
    return PortError{Why::unsuitable, "its driver has no RS-485 mode (" + errno_text(errno) +
                                          "); an adapter that switches direction by itself needs "
                                          "no --rs485"};
  }
  saved_->rs485 = old;
  serial_rs485 got{};
  constexpr unsigned kFlags = SER_RS485_ENABLED | SER_RS485_RTS_ON_SEND | SER_RS485_RTS_AFTER_SEND;
  const auto same = [](std::uint32_t ms, Milliseconds asked) { return ms == asked.count(); };
  if (::ioctl(fd(), TIOCGRS485, &got) != 0 || ((got.flags ^ flags) & kFlags) != 0 ||
      !same(got.delay_rts_before_send, settings.delay_before) ||
      !same(got.delay_rts_after_send, settings.delay_after)) {
    return PortError{Why::unsuitable, "its driver does not do these RS-485 delays or RTS levels"};
  }
  return std::nullopt;
}

Port::~Port() {
  if (!fd_ || !saved_) return;
  // Changing the speed under bytes on their way would garble them. A device that takes none
  // (flow control) must not keep us for ever: then they are thrown away.
  for (int i = 0; i < 100 && unsent() > 0; ++i)
    ::poll(nullptr, 0, 10);
  if (unsent() > 0) discard_unsent();
  if (saved_->rs485) static_cast<void>(::ioctl(fd(), TIOCSRS485, &*saved_->rs485));
  static_cast<void>(::ioctl(fd(), TCSETS2, &saved_->line));
  // A pty lives on while its other end does, and the exclusive mode with it.
  if (locked_) static_cast<void>(::ioctl(fd(), TIOCNXCL));
}

Result<std::size_t> Port::read(std::span<char> into) {
  const ssize_t got = ::read(fd(), into.data(), into.size());
  if (got > 0) return static_cast<std::size_t>(got);
  if (got == 0) return Error{"hung up"};
  if (errno == EAGAIN || errno == EINTR) return std::size_t{0};
  return Error{errno_text(errno)};
}

Result<std::size_t> Port::write(std::string_view bytes) {
  const ssize_t put = ::write(fd(), bytes.data(), bytes.size());
  if (put >= 0) return static_cast<std::size_t>(put);
  if (errno == EAGAIN || errno == EINTR) return std::size_t{0};
  return Error{errno_text(errno)};
}

std::size_t Port::unsent() const {
  int bytes = 0;
  if (::ioctl(fd(), TIOCOUTQ, &bytes) != 0) return 0;
  return static_cast<std::size_t>(std::max(bytes, 0));
}

void Port::discard_unsent() {
  static_cast<void>(::ioctl(fd(), TCFLSH, TCOFLUSH));
}

bool Port::dsr() const {
  int lines = 0;
  return ::ioctl(fd(), TIOCMGET, &lines) != 0 || (lines & TIOCM_DSR) != 0;
}

std::optional<LineErrors> Port::line_errors() const {
  serial_icounter_struct now{};
  if (!saved_->counters || ::ioctl(fd(), TIOCGICOUNT, &now) != 0) return std::nullopt;
  const auto since = [](int after, int before) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(after) -
                                      static_cast<std::uint32_t>(before));
  };
  const serial_icounter_struct& then = *saved_->counters;
  return LineErrors{since(now.frame, then.frame), since(now.parity, then.parity),
                    since(now.brk, then.brk), since(now.overrun, then.overrun),
                    since(now.buf_overrun, then.buf_overrun)};
}

}  // namespace tbgw::serial
