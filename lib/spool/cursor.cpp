// SPDX-License-Identifier: Apache-2.0
#include "spool/cursor.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "core/status.hpp"
#include "spool/crc32c.hpp"

namespace tbgw::spool {
namespace {

constexpr std::string_view kPrefix = "cursor.";
constexpr std::string_view kTemporary = ".tmp";
constexpr std::size_t kSlotSize = 16 + 1 + 16 + 1 + 8 + 1;
constexpr std::size_t kSeqOffset = 17;
constexpr std::size_t kCrcOffset = 34;

struct Slot {
  std::uint64_t generation = 0;
  std::uint64_t position = 0;
};

std::uint32_t checksum(const Identity& identity, std::string_view generation,
                       std::string_view position) {
  return crc32c(crc32c(identity.seed, generation), position);
}

std::optional<Slot> parse_slot(const Identity& identity, std::string_view text,
                               std::uint64_t parity) {
  if (text.size() < kSlotSize) return std::nullopt;
  if (text[kSeqOffset - 1] != ' ' || text[kCrcOffset - 1] != ' ' || text[kSlotSize - 1] != '\n') {
    return std::nullopt;
  }
  const std::string_view generation_text = text.substr(0, 16);
  const std::string_view position_text = text.substr(kSeqOffset, 16);
  const auto generation = parse_hex_digits(generation_text);
  const auto position = parse_hex_digits(position_text);
  const auto crc = parse_hex_digits(text.substr(kCrcOffset, 8));
  if (!generation || !position || !crc || *generation % 2 != parity) return std::nullopt;
  if (*crc != checksum(identity, generation_text, position_text)) return std::nullopt;
  return Slot{*generation, *position};
}

/// pwrite until all is there. errno, 0 = done.
int write_at(int fd, std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t put = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno;
    if (put == 0) return EIO;
    bytes.remove_prefix(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
  return 0;
}

CursorState read_state(const Directory& directory, int fd, const std::string& name) {
  std::string bytes(kCursorFile, '\0');
  const ssize_t got = ::pread(fd, bytes.data(), bytes.size(), 0);
  if (got < 0 && errno != EIO) throw_errno(Status::io_error, directory.file("cursor." + name));
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  CursorState state = parse_cursor(directory.identity(), bytes);
  state.name = name;
  return state;
}

[[noreturn]] void fail_with(int error, const std::string& what) {
  const Outcome outcome = trouble_of(error, what);
  const bool refused = error == EACCES || error == EPERM;
  const bool later = outcome.trouble == Trouble::full || error == EROFS;
  throw Fatal(refused ? Status::no_permission
              : later ? Status::try_again
                      : Status::io_error,
              outcome.text);
}

}  // namespace

bool valid_cursor_name(std::string_view name) {
  constexpr std::size_t kMostLength = 64;
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  };
  const bool temporary = name.size() >= kTemporary.size() &&
                         name.substr(name.size() - kTemporary.size()) == kTemporary;
  return !name.empty() && name.size() <= kMostLength && name[0] != '.' && !temporary &&
         std::all_of(name.begin(), name.end(), allowed);
}

CursorState parse_cursor(const Identity& identity, std::string_view file) {
  CursorState state;
  for (std::uint64_t parity = 0; parity < 2; ++parity) {
    const std::size_t offset = parity * kCursorSlot;
    if (file.size() < offset) break;
    const auto slot = parse_slot(identity, file.substr(offset), parity);
    if (!slot) continue;
    ++state.valid_slots;
    if (state.valid_slots == 1 || slot->generation > state.generation) {
      state.generation = slot->generation;
      state.position = slot->position;
    }
  }
  return state;
}

std::string cursor_slot(const Identity& identity, std::uint64_t generation,
                        std::uint64_t position) {
  std::string slot;
  append_hex(slot, generation, 16);
  slot += ' ';
  append_hex(slot, position, 16);
  const std::string_view text = slot;
  const std::uint32_t crc = checksum(identity, text.substr(0, 16), text.substr(kSeqOffset, 16));
  slot += ' ';
  append_hex(slot, crc, 8);
  slot += '\n';
  return slot;
}

std::vector<CursorState> list_cursors(const Directory& directory) {
  std::vector<CursorState> found;
  for (const std::string& entry : directory.entries()) {
    if (entry.compare(0, kPrefix.size(), kPrefix) != 0) continue;
    const std::string name = entry.substr(kPrefix.size());
    if (!valid_cursor_name(name)) continue;
    const Fd fd{::openat(directory.fd(), entry.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
    if (!fd && errno == ENOENT) continue;  // removed in this moment
    if (!fd) throw_errno(Status::io_error, directory.file(entry));
    found.push_back(read_state(directory, fd.get(), name));
  }
  std::sort(found.begin(), found.end(),
            [](const CursorState& a, const CursorState& b) { return a.name < b.name; });
  return found;
}

Cursor::Cursor(const Directory& directory, std::string name, std::uint64_t initial)
    : directory_(directory), name_(std::move(name)) {
  if (!valid_cursor_name(name_)) {
    throw Fatal(Status::usage, "'" + name_ +
                                   "' cannot be the name of a cursor: use letters, "
                                   "digits, '_', '-' and '.'");
  }
  open_file();
  if (!fd_) {
    create_file(initial);
    open_file();
    was_created_ = true;
  }
  if (!fd_) fail_with(errno, directory_.file("cursor." + name_));
  const CursorState state = read_state(directory_, fd_.get(), name_);
  position_ = state.position;
  generation_ = state.generation;
  was_damaged_ = state.valid_slots == 0;
  // What an earlier owner wrote it may not have synced, or not with success. And without a valid
  // slot both are written.
  if (!was_created_ && !read_only_) store_again(was_damaged_ ? 2 : 1);
}

void Cursor::open_file() {
  const std::string file = "cursor." + name_;
  fd_ = Fd{::openat(directory_.fd(), file.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW)};
  read_only_ = !fd_ && errno == EROFS;
  if (read_only_) {
    fd_ = Fd{::openat(directory_.fd(), file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
  }
  if (!fd_) {
    if (errno != ENOENT) fail_with(errno, directory_.file(file));
    return;
  }
  while (::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) fail_with(errno, directory_.file(file));
    throw Fatal(Status::try_again,
                directory_.path() + ": another process delivers for the cursor '" + name_ + "'");
  }
  struct stat info {};
  if (::fstat(fd_.get(), &info) == 0 && info.st_nlink == 0) fd_.reset();  // `cursor rm` was first
}

/// Under another name until both slots are on the disk.
void Cursor::create_file(std::uint64_t initial) {
  const std::string file = "cursor." + name_;
  const std::string temporary = file + std::string{kTemporary};
  std::string bytes(kCursorFile, '\0');
  for (std::uint64_t generation = 0; generation < 2; ++generation) {
    const std::string slot = cursor_slot(directory_.identity(), generation, initial);
    bytes.replace(generation * kCursorSlot, slot.size(), slot);
  }
  const Fd out{::openat(directory_.fd(), temporary.c_str(),
                        O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!out) fail_with(errno, directory_.file(file));
  int error = write_at(out.get(), bytes, 0);
  if (error == 0 && ::fsync(out.get()) != 0) error = errno;
  if (error == 0 &&
      ::renameat(directory_.fd(), temporary.c_str(), directory_.fd(), file.c_str()) != 0) {
    error = errno;
  }
  if (error == 0) error = directory_.sync();
  if (error != 0) {
    ::unlinkat(directory_.fd(), temporary.c_str(), 0);
    fail_with(error, directory_.file(file));
  }
}

void Cursor::store_again(int slots) {
  for (int slot = 0; slot < slots; ++slot) {
    if (const Outcome done = store(position_); !done) throw Fatal(Status::io_error, done.text);
  }
}

/// Does nothing unless it was opened on a read-only file system.
Outcome Cursor::make_writable() {
  if (!read_only_) return {};
  const std::string file = "cursor." + name_;
  Fd fd{::openat(directory_.fd(), file.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW)};
  if (!fd) return trouble_of(errno, directory_.file(file));
  fd_ = std::move(fd);  // and with the old one goes its lock
  if (::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0) return trouble_of(errno, directory_.file(file));
  read_only_ = false;
  return {};
}

Outcome Cursor::store(std::uint64_t position) {
  if (Outcome writable = make_writable(); !writable) return writable;
  const std::uint64_t generation = generation_ + 1;
  const std::string slot = cursor_slot(directory_.identity(), generation, position);
  int error = write_at(fd_.get(), slot, generation % 2 * kCursorSlot);
  if (error == 0 && ::fdatasync(fd_.get()) != 0) error = errno;
  if (error != 0) return trouble_of(error, directory_.file("cursor." + name_));
  generation_ = generation;
  position_ = position;
  return {};
}

Outcome Cursor::note(std::uint64_t position) {
  if (Outcome writable = make_writable(); !writable) return writable;
  const std::uint64_t generation = generation_ + 1;
  const std::string slot = cursor_slot(directory_.identity(), generation, position);
  const int error = write_at(fd_.get(), slot, generation % 2 * kCursorSlot);
  return error == 0 ? Outcome{} : trouble_of(error, directory_.file("cursor." + name_));
}

Outcome Cursor::remove() {
  const std::string file = "cursor." + name_;
  int error = ::unlinkat(directory_.fd(), file.c_str(), 0) == 0 ? 0 : errno;
  if (error == 0) error = directory_.sync();
  if (error != 0) return trouble_of(error, directory_.file(file));
  return {};
}

}  // namespace tbgw::spool
