// SPDX-License-Identifier: Apache-2.0
// A consumer's position in a spool: the file cursor.NAME with two slots, of which the older is
// written over in place, so that it also works on a full disk and costs 4 KiB of flash.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/fd.hpp"
#include "spool/directory.hpp"
#include "spool/outcome.hpp"

namespace tbgw::spool {

inline constexpr std::size_t kCursorSlot = 4096;
inline constexpr std::size_t kCursorFile = 2 * kCursorSlot;
inline constexpr std::string_view kMainCursor = "main";

/// What a cursor file says. Everything up to `position` is done.
struct CursorState {
  std::string name;
  std::uint64_t position = 0;  ///< 0: nothing yet, or no slot could be read
  std::uint64_t generation = 0;
  int valid_slots = 0;  ///< 2 = sound, 1 = a torn or damaged slot, 0 = everything is sent again
};

/// Letters, digits, '_', '-', '.', not first a '.', at most 64.
bool valid_cursor_name(std::string_view name);

/// Pure: the file's bytes → its state (name left empty), and a slot as it is written.
CursorState parse_cursor(const Identity& identity, std::string_view file);
std::string cursor_slot(const Identity& identity, std::uint64_t generation, std::uint64_t position);

/// Every cursor of the directory, by name. Reads only. A file that cannot be read: Fatal 74.
std::vector<CursorState> list_cursors(const Directory& directory);

/// The cursor as its one owner has it: locked (flock on the file) as long as this object lives.
/// The directory must outlive it.
class Cursor {
 public:
  /// Opens cursor.NAME; if there is none, makes it (both slots written and synced) at `initial`.
  /// Fatal 75 (another process delivers for it), 73, 77, 74. A cursor without a valid slot starts
  /// at 0, and was_damaged() says so; it is mended. On a read-only file system one that exists can
  /// be opened too; store() and note() then tell the trouble until that is over.
  Cursor(const Directory& directory, std::string name, std::uint64_t initial);

  [[nodiscard]] const std::string& name() const { return name_; }
  /// The durable position.
  [[nodiscard]] std::uint64_t position() const { return position_; }
  [[nodiscard]] bool was_damaged() const { return was_damaged_; }
  [[nodiscard]] bool was_created() const { return was_created_; }

  /// Writes the position into the older slot and syncs it. When this returns done, it is durable
  /// and position() is it. After trouble the old position stands; the next store() writes the same
  /// slot again. Going back is allowed (`cursor set`).
  Outcome store(std::uint64_t position);

  /// The same without the sync: after a crash of this process it counts, after a power cut perhaps
  /// (then position() does). Every note() since the last store() goes into the same slot.
  Outcome note(std::uint64_t position);

  /// Removes the file: the consumer pins the disk no longer. Use the object no more.
  Outcome remove();

 private:
  void open_file();
  Outcome make_writable();
  void create_file(std::uint64_t initial);
  void store_again(int slots);

  const Directory& directory_;
  std::string name_;
  Fd fd_;
  std::uint64_t position_ = 0;
  std::uint64_t generation_ = 0;
  bool read_only_ = false;
  bool was_damaged_ = false;
  bool was_created_ = false;
};

}  // namespace tbgw::spool
