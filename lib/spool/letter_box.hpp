// SPDX-License-Identifier: Apache-2.0
// Dead letters on their way to the disk: several go with one sync, and none is lost while there is
// no room for them.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "core/record.hpp"
#include "spool/dead_letters.hpp"
#include "spool/outcome.hpp"

namespace tbgw::spool {

class LetterBox {
 public:
  /// As DeadLetters; nothing is made before the first letter.
  LetterBox(std::string spool_path, std::string_view cursor, bool sync)
      : letters_(std::move(spool_path), cursor, sync) {}

  /// Keeps a letter in memory until commit() has filed it.
  void keep(const DeadLetter& letter);
  /// Files what is kept. Done: all of it is durable. A folder that cannot be made is trouble too,
  /// not the end.
  Outcome commit();
  [[nodiscard]] bool waiting() const { return waiting_; }
  /// Bytes of records kept.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  void add_counters(Counters& counters) const;

 private:
  DeadLetters letters_;
  std::deque<DeadLetter> kept_;  ///< not yet given to letters_
  std::size_t bytes_ = 0;
  bool waiting_ = false;  ///< something is not durable
};

}  // namespace tbgw::spool
