// SPDX-License-Identifier: Apache-2.0
// Records that will never be accepted by the platform, and lines that are no records, kept with the
// reason: a spool of the same format in the folder dead (or dead.NAME) of the spool.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/time.hpp"
#include "spool/directory.hpp"
#include "spool/outcome.hpp"
#include "spool/writer.hpp"

namespace tbgw::spool {

/// Bytes of dead letters kept; beyond it the oldest go, counted.
inline constexpr std::uint64_t kDeadBytes = std::uint64_t{16} << 20;

struct DeadLetter {
  EpochMs time = 0;  ///< when it was filed
  std::string reason;
  std::optional<std::uint64_t> seq;  ///< absent: it never had a number
  std::string record;
  bool cut = false;  ///< only the beginning was kept
};
/// {"t":…,"reason":…,"seq":…,"record":…}; a record that is no text goes as base64 and
/// "encoding":"base64", one that was cut has "cut":true.
std::string dead_payload(const DeadLetter& letter);
Result<DeadLetter> parse_dead(std::string_view payload);

/// "dead", or "dead.NAME" for a cursor of a --get process.
std::string dead_folder(std::string_view cursor);

class DeadLetters {
 public:
  /// Nothing is opened or made before the first letter. `sync` as in WriterOptions.
  DeadLetters(std::string spool_path, std::string_view cursor, bool sync);
  ~DeadLetters();

  /// Writes the letter and syncs it; done = durable: its record counts as done. After trouble the
  /// letter is kept in memory and goes with the next try: call retry() until it is done, do not
  /// file it again. Fatal like Directory::create() for the first letter.
  Outcome file(const DeadLetter& letter);
  /// Takes the letter into memory; the next retry() files it, together with others.
  void keep(const DeadLetter& letter);
  Outcome retry();
  /// Letters filed by this process, and those dropped for kDeadBytes.
  [[nodiscard]] std::uint64_t filed() const { return filed_; }
  [[nodiscard]] std::uint64_t dropped() const;

 private:
  std::string path_;
  bool sync_;
  std::unique_ptr<Writer> writer_;
  std::uint64_t filed_ = 0;
};

}  // namespace tbgw::spool
