// SPDX-License-Identifier: Apache-2.0
// Messages for people, on stderr: `program: text`. Errors and warnings by default, -v adds info,
// -vv debug, -q leaves errors. Under the journal each line starts with <3> <4> <6> or <7>.
#pragma once

#include <string_view>

namespace tbgw::log {

enum class Level : int { error = 3, warning = 4, info = 6, debug = 7 };

/// Once, first thing in main. `program` is kept as a view: give it a literal.
void open(std::string_view program);
void set_level(Level most);
[[nodiscard]] bool enabled(Level level);
/// The name given to open().
std::string_view program();

void error(std::string_view text);
void warn(std::string_view text);
void info(std::string_view text);
void debug(std::string_view text);

/// A line of another program that we started: neither prefixed with our name nor held back by our
/// level.
void relay(Level level, std::string_view text);

/// For messages that bad input can repeat without end. Messages with the same `kind` count
/// together: 20 are printed in any 10 s, the rest are counted and said with the next one that is
/// printed, or by flush_repeats(). `kind` is a literal.
void limited(Level level, std::string_view kind, std::string_view text);
/// Says how many messages were held back. guarded() calls it at the end.
void flush_repeats();

}  // namespace tbgw::log
