// SPDX-License-Identifier: Apache-2.0
// A connector's standard input: commands and downlink events, read beside everything else it does.
// tbgw-record(5) says which lines a connector takes, copies and ignores.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "core/json_view.hpp"
#include "core/line_reader.hpp"
#include "core/loop.hpp"
#include "core/result.hpp"

namespace tbgw {

/// What a connector does with each kind of line. The views live until the hook returns.
struct CommandHooks {
  using Members = std::span<const JsonMember>;
  /// A command (`send`). Error: it is rejected, for this reason. Unset: every one is.
  std::function<Result<void>(const Line& line, Members members)> command;
  /// A downlink event: attributes, rpc, attributes-response, device-renamed, device-deleted.
  std::function<Result<void>(std::string_view event, const Line& line, Members members)> event;
  /// An uplink event, to be printed as it is: connect, disconnect, rpc-reply, attributes-request,
  /// claim.
  std::function<void(std::string_view line)> copy;
};

struct CommandCounts {
  std::uint64_t lines = 0;
  std::uint64_t rejected = 0;  ///< not commands at all, or refused by a hook
  std::uint64_t ignored = 0;   ///< not for a connector: hello, stats, platform-up, unknown events
  std::uint64_t copied = 0;
};

/// Whether a connector reads this descriptor: a pipe, FIFO or socket. Never a terminal (a job in
/// the background would stop) and never a plain file or /dev/null (a `while read` loop's input
/// would be eaten). Fatal 64 for a plain file opened for reading and writing: that was meant to be
/// a FIFO.
bool carries_commands(int fd);

/// Watches the descriptor and hands over its lines. Its end means "no more commands". A line that
/// is no command is reported with its number and counted; it costs only itself.
class CommandInput {
 public:
  /// Does nothing if !carries_commands(fd). The loop must outlive this object.
  CommandInput(Loop& loop, int fd, std::size_t max_record, CommandHooks hooks);
  ~CommandInput();
  CommandInput(const CommandInput&) = delete;
  CommandInput& operator=(const CommandInput&) = delete;

  /// Leaves further lines in the pipe, for as long as answers pile up unread.
  void set_paused(bool paused);
  /// Reads no more.
  void stop();

  [[nodiscard]] const CommandCounts& counts() const { return counts_; }

 private:
  void on_ready();
  void take(const Line& line);
  Result<void> sort(const Line& line);
  Result<void> take_event(const Line& line, CommandHooks::Members members);

  Loop& loop_;
  int fd_;
  CommandHooks hooks_;
  std::optional<LineReader> reader_;  ///< its buffer only if there is something to read
  JsonView view_;
  bool open_ = false;
  bool paused_ = false;
  CommandCounts counts_;
};

}  // namespace tbgw
