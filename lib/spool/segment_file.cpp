// SPDX-License-Identifier: Apache-2.0
#include "spool/segment_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace tbgw::spool {
namespace {

SegmentFile::Written write_at(int fd, std::string_view bytes, std::uint64_t offset) {
  SegmentFile::Written done;
  while (done.bytes < bytes.size()) {
    const ssize_t put = ::pwrite(fd, bytes.data() + done.bytes, bytes.size() - done.bytes,
                                 static_cast<off_t>(offset + done.bytes));
    if (put > 0) {
      done.bytes += static_cast<std::size_t>(put);
    } else if (put == 0 || errno != EINTR) {
      done.error = put == 0 ? EIO : errno;
      return done;
    }
  }
  return done;
}

}  // namespace

Outcome SegmentFile::begin(const Directory& directory, const Begin& begin, SegmentFile& made) {
  const std::string name = begin.name.text();
  SegmentFile file;
  file.name_ = begin.name;
  file.capacity_ = begin.capacity;
  file.fd_ = Fd{::openat(directory.fd(), name.c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!file.fd_) return trouble_of(errno, directory.file(name));
  int error = file.write(begin.header).error;
  if (error == 0) {
    file.advance(begin.header.size());
    if (begin.fill) error = file.fill();
  }
  if (error == 0 && begin.sync) {
    error = ::fsync(file.fd_.get()) == 0 ? directory.sync() : errno;
  }
  if (error != 0) {
    ::unlinkat(directory.fd(), name.c_str(), 0);
    return trouble_of(error, directory.file(name));
  }
  made = std::move(file);
  return {};
}

int SegmentFile::fill() {
  static std::array<char, std::size_t{64} << 10> nuls{};  // never written to
  for (std::uint64_t at = end_; at < capacity_;) {
    const std::size_t size = std::min<std::uint64_t>(nuls.size(), capacity_ - at);
    const Written done = write_at(fd_.get(), {nuls.data(), size}, at);
    if (trouble_of(done.error, "").trouble == Trouble::full) {
      cut();  // it just grows with its records then
      return 0;
    }
    if (done.error != 0) return done.error;
    at += size;
  }
  filled_to_ = capacity_;
  return 0;
}

bool SegmentFile::unlinked() const {
  struct stat info {};
  return ::fstat(fd_.get(), &info) == 0 && info.st_nlink == 0;
}

SegmentFile::Written SegmentFile::write(std::string_view bytes) {
  return write_at(fd_.get(), bytes, end_);
}

void SegmentFile::cut() {
  filled_to_ = 0;
  // If it cannot be cut, what is behind the end stays there as damage; it cannot be mistaken.
  [[maybe_unused]] const int done = ::ftruncate(fd_.get(), static_cast<off_t>(end_));
}

int SegmentFile::sync() {
  return ::fdatasync(fd_.get()) == 0 ? 0 : errno;
}

}  // namespace tbgw::spool
