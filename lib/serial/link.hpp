// SPDX-License-Identifier: Apache-2.0
// One port in the loop: opens it, reads and writes it, notices that it is gone and finds it again.
// What a session makes of the bytes is passed on; what to print is the owner's decision.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "core/log.hpp"
#include "core/loop.hpp"
#include "serial/backoff.hpp"
#include "serial/folder_watch.hpp"
#include "serial/marked_input.hpp"
#include "serial/port.hpp"
#include "serial/session.hpp"
#include "serial/setup.hpp"

namespace tbgw::serial {

/// Something for a person to know, the port's name included.
struct Notice {
  log::Level level = log::Level::info;
  std::string text;
};
/// The port was up and is gone; what follows is about its next life.
struct Down {
  std::string reason;
};
using LinkNews = std::variant<Outcome, Notice, Down>;

class Link;
struct LinkHooks {
  /// Must not call back into the link, nor destroy it.
  std::function<void(Link&, LinkNews)> news;
  /// Polls make sense now: their answers would find room.
  std::function<bool()> may_poll;
};

class Link {
 public:
  /// Opens nothing yet. The loop must outlive this object.
  Link(Loop& loop, const PortSetup& setup, LinkHooks hooks);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// The first try. After an error nothing happens until wait_for() is called.
  std::optional<PortError> open();
  /// Keeps trying from now on; `error` is what open() said.
  void wait_for(const PortError& error);
  /// Writes it in its turn. Without an open port, or with too many waiting, it fails at once.
  void submit(Command command);
  /// Closes for good.
  void stop(const std::string& reason);

  [[nodiscard]] const PortSetup& setup() const { return setup_; }
  /// Its line was watched and it can be used.
  [[nodiscard]] bool is_up() const { return up_; }
  /// Opened, but its line is still being watched.
  [[nodiscard]] bool is_settling() const { return port_ && !up_; }
  /// The device it is now, symlinks resolved; "" if it is not open.
  [[nodiscard]] std::string real_path() const { return port_ ? port_->real_path() : ""; }

  [[nodiscard]] const Session& session() const { return session_; }
  [[nodiscard]] std::uint64_t reconnects() const { return reconnects_; }
  /// Since the start, over all its lives; nullopt if its driver never counted.
  [[nodiscard]] std::optional<LineErrors> line_errors() const;

 private:
  enum class Got { bytes, nothing, lost };
  std::optional<PortError> try_open();
  void on_ready(short revents);
  void on_timer();
  Got read_some(Outcomes& out);
  void carry_on(Outcomes& out);
  bool write_some(Outcomes& out);
  void deliver(Outcomes& out);
  void go_up();
  void warn_of_bad_bytes();
  void arm();
  void close_port();
  void lose(const std::string& why, Outcomes& out);

  void retry_after(Milliseconds delay);
  void retry();
  void note_reason(const PortError& error);
  void watch_folder();
  void on_folder_news();
  void stop_watching_folder();
  void say(log::Level level, const std::string& text);

  Loop& loop_;
  PortSetup setup_;
  LinkHooks hooks_;
  Session session_;
  MarkedInput marked_;
  std::optional<Port> port_;
  bool up_ = false;
  bool was_up_ = false;  ///< in this life or an earlier one
  bool stuck_ = false;   ///< the device takes no bytes now (flow control dsrdtr)
  bool bad_bytes_said_ = false;
  Loop::Timer timer_;
  std::optional<Time> armed_;
  LineErrors line_errors_;
  bool counts_line_errors_ = false;

  Backoff backoff_;
  std::optional<FolderWatch> folder_;
  Loop::Timer retry_timer_;
  Time last_try_;
  std::optional<Time> away_since_;
  std::string reason_;  ///< why the last try failed
  bool held_up_said_ = false;
  std::uint64_t reconnects_ = 0;
};

}  // namespace tbgw::serial
