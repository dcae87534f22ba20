// SPDX-License-Identifier: Apache-2.0
// A spool's directory: made or opened, its identity, its one writer's lock, its segments by name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/fd.hpp"
#include "spool/format.hpp"

namespace tbgw::spool {

class Directory {
 public:
  /// For reading only; never writes, never locks, works on a read-only file system. Fatal 66 (no
  /// such directory, or not a spool), 77 (not allowed), 78 (written by a newer version).
  static Directory open(const std::string& path);
  /// For the accepting process: makes the directory (0700, not its parents) and FORMAT if absent
  /// and mends a damaged FORMAT. Takes the lock first and keeps it. Fatal 73, 77; 74; 75 (another
  /// process has the lock, named if it can be found; or read-only); 78 (newer version; or other
  /// files lie there and it is no spool).
  static Directory create(const std::string& path);
  /// Like open(), with the lock: for repair. Fatal 75 if another process has it.
  static Directory open_locked(const std::string& path);

  [[nodiscard]] int fd() const { return fd_.get(); }
  /// As given, without a trailing slash.
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const Identity& identity() const { return identity_; }
  [[nodiscard]] std::string file(std::string_view name) const;  ///< "path/name", for messages

  /// The segments there are now, in order of reading. An error reading the directory: Fatal 74.
  [[nodiscard]] std::vector<SegmentName> segments() const;
  /// Names of all entries but "." and "..".
  [[nodiscard]] std::vector<std::string> entries() const;

  /// FORMAT was damaged or missing; the identity is that of the segments (if any could tell).
  [[nodiscard]] bool format_damaged() const { return format_damaged_; }
  /// Makes new names, renames and removals durable.
  [[nodiscard]] int sync() const;  ///< errno, 0 = done

  /// Writes FORMAT anew (temporary file, sync, rename). Fatal like create(). The lock must be held.
  void write_format() const;
  [[nodiscard]] bool locked() const { return static_cast<bool>(lock_); }

 private:
  Directory() = default;
  void open_path(const std::string& path);
  void take_lock();
  bool read_format();
  std::optional<Identity> identity_of_segments() const;
  void refuse_other_content() const;

  std::string path_;
  Fd fd_;
  Fd lock_;
  Identity identity_;
  bool format_damaged_ = false;
};

}  // namespace tbgw::spool
