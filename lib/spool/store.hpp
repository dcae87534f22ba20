// SPDX-License-Identifier: Apache-2.0
// Where accepted records are kept, as the two ends of a spool see it. Two kinds exist: on disk
// (disk_store.hpp) and in memory (memory_store.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/record.hpp"
#include "spool/dead_letters.hpp"
#include "spool/outcome.hpp"

namespace tbgw::spool {

/// The accepting end. Records are numbered 1, 2, 3… over the life of the store (seq).
class Store {
 public:
  virtual ~Store() = default;

  /// Takes a record into memory and gives it its number.
  virtual std::uint64_t append(std::string_view payload) = 0;
  /// Makes what was appended visible to the delivering end.
  virtual Outcome write() = 0;
  /// Accepts what was appended: what this store promises now holds for it. Also files letters.
  virtual Outcome commit() = 0;
  /// Appended, not accepted.
  [[nodiscard]] virtual std::size_t pending_bytes() const = 0;
  [[nodiscard]] virtual std::size_t pending_records() const = 0;
  /// There is something to commit.
  [[nodiscard]] virtual bool pending() const = 0;

  /// Keeps a line that is no record among the dead letters; commit() files it.
  virtual void file(const DeadLetter& letter) = 0;
  /// False while letters wait for room: keep no more then.
  [[nodiscard]] virtual bool can_file() const = 0;

  /// Makes room by dropping the oldest records. How many, or nothing if there are none to drop.
  virtual std::optional<std::uint64_t> drop_oldest() = 0;
  /// Drops what was appended and stands nowhere else yet (letters that wait then hold up nothing
  /// and are filed by a later tidy()). How many.
  virtual std::uint64_t drop_newest() = 0;
  /// Dropped records that a consumer had, which now cannot acknowledge them any more, since the
  /// last call.
  virtual std::uint64_t take_late_drops() { return 0; }
  /// The consumer is gone for good: what it had and policy dropped is counted now.
  virtual void end_delivery() {}
  /// Records up to `done` are done: those that are in memory only need not be kept. How many.
  virtual std::size_t discard(std::uint64_t done) = 0;
  /// Who keeps the store from getting smaller, for a message: "cursor 'main'".
  [[nodiscard]] virtual std::string slowest() const = 0;
  /// Once a second: removes what every consumer has, and what is older than allowed.
  virtual void tidy() = 0;
  virtual void add_counters(Counters& counters) const = 0;
};

/// The delivering end, for one consumer.
class Backlog {
 public:
  virtual ~Backlog() = default;

  struct Record {
    std::uint64_t seq = 0;
    std::string_view payload;  ///< lives until the next call
  };
  /// The next record to hand out, or nothing for now.
  virtual std::optional<Record> next() = 0;
  /// A new consumer: hand out again everything that is not done.
  virtual void rewind() = 0;
  /// This and everything handed out before it is done.
  virtual void done(std::uint64_t seq) = 0;
  /// Writes the position down; with `sync` it is durable then, without it survives a crash of this
  /// process.
  virtual Outcome save(bool sync) = 0;
  /// A record that was handed out and is not done, again; nothing if it was dropped meanwhile.
  virtual std::optional<std::string> fetch(std::uint64_t seq) = 0;
  /// Files a record that will never be accepted; done = this one, and all that waited, may count as
  /// done. After trouble it is kept: call file_waiting() until that is done.
  virtual Outcome file_dead(const DeadLetter& letter) = 0;
  virtual Outcome file_waiting() = 0;

  /// Records that were not handed out yet, as far as known; bytes they take.
  [[nodiscard]] virtual std::uint64_t waiting_records() const = 0;
  [[nodiscard]] virtual std::uint64_t waiting_bytes() const = 0;
  virtual void add_counters(Counters& counters) const = 0;
};

}  // namespace tbgw::spool
