// SPDX-License-Identifier: Apache-2.0
// A serial port: the one file that touches the device. termios2 of our own, because it must serve
// real ports, ptys and symlinks alike, at any baud rate, and say no to what a driver does not do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/fd.hpp"
#include "core/result.hpp"
#include "serial/line_settings.hpp"

namespace tbgw::serial {

/// Why a port cannot be had, and in `text` what to do about it (the port's name not included).
struct PortError {
  enum class Why {
    absent,      ///< not there now
    denied,      ///< not allowed
    busy,        ///< another program has it
    unsuitable,  ///< not a serial port, or it does not do what the settings say
  };
  Why why = Why::absent;
  std::string text;
};

/// What the driver counted since it was loaded (TIOCGICOUNT).
struct LineErrors {
  std::uint64_t frame = 0;
  std::uint64_t parity = 0;
  std::uint64_t breaks = 0;
  std::uint64_t overrun = 0;         ///< the hardware's buffer was full
  std::uint64_t buffer_overrun = 0;  ///< the kernel's buffer was full
};

class Port {
 public:
  /// Opens, locks and sets up the device behind `path` (symlinks are followed now, so a name such
  /// as /dev/serial/by-id/… finds where the device is today). Reads the settings back and refuses
  /// what was not applied; only a pty may keep 8 data bits without parity, as it has no line.
  static std::variant<Port, PortError> open(const std::string& path, const LineSettings& settings);

  Port(Port&&) noexcept;
  Port& operator=(Port&&) = delete;
  /// Gives what was written up to a second to leave, puts the old settings back, closes.
  ~Port();

  /// Nonblocking; the descriptor is ours alone.
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] const std::string& real_path() const { return path_; }
  /// What a careful person may want to know (said at -v).
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

  /// Bytes as the kernel marks them (see MarkedInput); 0 = none now. Error: the port is lost.
  Result<std::size_t> read(std::span<char> into);
  /// How many bytes were taken, maybe none. Error: the port is lost.
  Result<std::size_t> write(std::string_view bytes);
  /// Bytes written that have not left yet.
  [[nodiscard]] std::size_t unsent() const;
  void discard_unsent();
  /// With flow control dsrdtr: the device takes bytes. Always true without that line.
  [[nodiscard]] bool dsr() const;
  /// Since the port was opened; nullopt if the driver does not count.
  [[nodiscard]] std::optional<LineErrors> line_errors() const;

 private:
  struct Saved;
  Port(Fd fd, std::string path);
  std::optional<PortError> lock();
  std::optional<PortError> set_up(const LineSettings& settings);
  std::optional<PortError> set_line(const LineSettings& settings);
  std::optional<PortError> compare(const LineSettings& settings);
  std::optional<PortError> set_rs485(const Rs485& settings);
  void set_modem_lines(const LineSettings& settings);

  Fd fd_;
  std::string path_;
  bool pty_ = false;
  bool locked_ = false;
  std::unique_ptr<Saved> saved_;
  std::vector<std::string> notes_;
};

}  // namespace tbgw::serial
