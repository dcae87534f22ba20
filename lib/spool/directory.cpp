// SPDX-License-Identifier: Apache-2.0
#include "spool/directory.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include "core/status.hpp"
#include "spool/note.hpp"

namespace tbgw::spool {
namespace {

constexpr const char* kFormatFile = "FORMAT";
constexpr const char* kFormatTemporary = "FORMAT.tmp";
constexpr const char* kLockFile = "lock";

struct CloseDirectory {
  void operator()(DIR* handle) const noexcept { ::closedir(handle); }
};
using DirectoryHandle = std::unique_ptr<DIR, CloseDirectory>;

/// What a failed open or create means for the exit status.
Status status_of(int error, Status otherwise) {
  switch (error) {
    case EACCES:
    case EPERM:
      return Status::no_permission;
    case EROFS:
    case ENOSPC:
    case EDQUOT:
      return Status::try_again;
    case EIO:
      return Status::io_error;
    default:
      return otherwise;
  }
}

[[noreturn]] void fail(int error, Status otherwise, const std::string& what) {
  throw Fatal(status_of(error, otherwise), what + ": " + errno_text(error));
}

/// The beginning of a file, or "" if it cannot be read.
std::string read_start(int directory, const std::string& name) {
  const Fd fd{::openat(directory, name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
  std::array<char, 4096> block{};
  const ssize_t got = fd ? ::pread(fd.get(), block.data(), block.size(), 0) : -1;
  return got > 0 ? std::string(block.data(), static_cast<std::size_t>(got)) : std::string{};
}

/// " (held by process 123, tbgw-spool)", or "" if the kernel does not tell.
std::string holder_of(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return "";
  const std::string inode = ":" + std::to_string(info.st_ino) + " ";
  std::string locks;
  try {
    locks = read_file("/proc/locks");
  } catch (const Fatal&) {
    return "";
  }
  for (std::size_t at = 0; at < locks.size();) {
    const std::size_t end = std::min(locks.find('\n', at), locks.size());
    const std::string line = locks.substr(at, end - at);
    at = end + 1;
    // "1: FLOCK  ADVISORY  WRITE 123 fe:00:4711 0 EOF"
    const std::size_t write = line.find(" WRITE ");
    if (line.find("FLOCK") == std::string::npos || line.find(inode) == std::string::npos ||
        write == std::string::npos) {
      continue;
    }
    const std::string pid = line.substr(write + 7, line.find(' ', write + 7) - write - 7);
    std::string name = read_start(AT_FDCWD, "/proc/" + pid + "/comm");
    if (!name.empty() && name.back() == '\n') name.pop_back();
    return " (held by process " + pid + (name.empty() ? ")" : ", " + name + ")");
  }
  return "";
}

}  // namespace

Directory Directory::open(const std::string& path) {
  Directory directory;
  directory.open_path(path);
  if (!directory.read_format() && directory.segments().empty()) {
    throw Fatal(Status::no_input, path + ": is not a spool (it has neither FORMAT nor segments)");
  }
  return directory;
}

Directory Directory::open_locked(const std::string& path) {
  Directory directory = open(path);
  directory.take_lock();
  return directory;
}

Directory Directory::create(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    fail(errno, Status::cannot_create, "cannot make the directory " + path);
  }
  Directory directory;
  directory.open_path(path);
  directory.refuse_other_content();
  directory.take_lock();
  if (!directory.read_format()) {
    if (directory.identity_.id.empty()) directory.identity_ = Identity::random();
    directory.write_format();
  }
  return directory;
}

void Directory::open_path(const std::string& path) {
  path_ = path;
  while (path_.size() > 1 && path_.back() == '/')
    path_.pop_back();
  fd_ = Fd{::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!fd_) fail(errno, Status::no_input, path_);
}

/// Somebody's home directory must not fill with segments.
void Directory::refuse_other_content() const {
  for (const std::string& name : entries()) {
    const bool ours = name == kFormatFile || name == kFormatTemporary || name == kLockFile ||
                      SegmentName::parse(name) || name.compare(0, 7, "cursor.") == 0;
    if (ours) return;
  }
  for (const std::string& name : entries()) {
    if (name == "lost+found" || name == "dead" || name.compare(0, 5, "dead.") == 0) continue;
    throw Fatal(Status::config, path_ + ": is not a spool and holds other files ('" + name +
                                    "'): name a new or empty directory");
  }
}

void Directory::take_lock() {
  lock_ = Fd{::openat(fd(), kLockFile, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!lock_) fail(errno, Status::cannot_create, file(kLockFile));
  while (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) fail(errno, Status::io_error, file(kLockFile));
    throw Fatal(Status::try_again,
                path_ + ": another process writes this spool" + holder_of(lock_.get()));
  }
}

/// False if it must be written (anew); identity_ is then that of the segments, or empty.
bool Directory::read_format() {
  const std::string text = read_start(fd(), kFormatFile);
  if (const auto format = parse_format_line(text)) {
    if (format->version != kFormatVersion) {
      throw Fatal(Status::config, path_ + ": has format " + std::to_string(format->version) +
                                      ", this program knows format " +
                                      std::to_string(kFormatVersion) + " only");
    }
    identity_ = format->identity;
    return true;
  }
  format_damaged_ = !text.empty() || !segments().empty();
  if (auto found = identity_of_segments()) identity_ = *std::move(found);
  return false;
}

std::optional<Identity> Directory::identity_of_segments() const {
  const std::vector<SegmentName> names = segments();
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    if (auto found = identity_in_header(read_start(fd(), name->text()))) return found;
  }
  return std::nullopt;
}

void Directory::write_format() const {
  const std::string what = file(kFormatFile);
  const Fd out{::openat(fd(), kFormatTemporary,
                        O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!out) fail(errno, Status::cannot_create, what);
  if (const auto done = write_all(out.get(), format_line(identity_)); !done) {
    throw Fatal(Status::io_error, what + ": " + done.error().text);
  }
  if (::fsync(out.get()) != 0) fail(errno, Status::io_error, what);
  if (::renameat(fd(), kFormatTemporary, fd(), kFormatFile) != 0) {
    fail(errno, Status::cannot_create, what);
  }
  if (const int error = sync(); error != 0) fail(error, Status::io_error, path_);
}

int Directory::sync() const {
  return ::fsync(fd()) == 0 ? 0 : errno;
}

std::string Directory::file(std::string_view name) const {
  return path_ + "/" + std::string{name};
}

std::vector<std::string> Directory::entries() const {
  // A descriptor of its own: readers share fd_, and a stream has a position.
  Fd own{::openat(fd(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  const DirectoryHandle stream{own ? ::fdopendir(own.get()) : nullptr};
  if (!stream) fail(errno, Status::io_error, path_);
  own.release();
  std::vector<std::string> names;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) fail(errno, Status::io_error, path_);
  return names;
}

std::vector<SegmentName> Directory::segments() const {
  std::vector<SegmentName> found;
  for (const std::string& name : entries()) {
    if (const auto segment = SegmentName::parse(name)) found.push_back(*segment);
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace tbgw::spool
