// SPDX-License-Identifier: Apache-2.0
// The calls that FaultyDisk catches, and a few tests that it does what the other tests rely on.
#include "faulty_disk.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <filesystem>
#include <fstream>
#include <map>

#include "scratch.hpp"

namespace tbgw::spool::test {
namespace {

using Call = FaultyDisk::Call;

template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

std::string path_of(int fd) {
  std::error_code error;
  const auto target =
      std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), error).string();
  return error ? "" : target;
}

/// What a power cut leaves of a file: nothing, or these bytes of the last sync.
struct Durable {
  bool named = false;  ///< its name is on the disk
  std::string bytes;
};

struct State {
  FaultyDisk* disk = nullptr;
  std::string root;
  std::map<std::string, Durable> durable;   ///< files changed since, by path
  std::map<std::string, Durable> unlinked;  ///< names removed since the directory was synced

  [[nodiscard]] bool covers(const std::string& path) const {
    return disk != nullptr && path.compare(0, root.size(), root) == 0;
  }
};

State& state() {
  static State one;
  return one;
}

/// errno to fail with, 0 = let it through.
int ask(Call call, const std::string& path) {
  FaultyDisk& disk = *state().disk;
  const int error = disk.fail ? disk.fail(call, path) : 0;
  if (error == 0) disk.events.push_back({call, path});
  return error;
}

/// The file is about to change: remember what a power cut may leave of it.
void remember(const std::string& path, bool is_new) {
  auto& durable = state().durable;
  if (durable.count(path) != 0) return;
  durable[path] = {!is_new, is_new ? std::string{} : read_bytes(path)};
}

void synced(const std::string& path) {
  State& all = state();
  if (all.disk->lying_sync) return;
  if (std::filesystem::is_directory(path)) {
    for (auto& [name, file] : all.durable) {
      if (std::filesystem::path(name).parent_path() == path) file.named = true;
    }
    all.unlinked.clear();
  } else if (const auto found = all.durable.find(path); found != all.durable.end()) {
    found->second.bytes = read_bytes(path);
  }
}

int sync_call(const char* name, int fd) {
  const std::string path = path_of(fd);
  if (!state().covers(path)) return real<int(int)>(name)(fd);
  if (state().disk->dead) return 0;
  if (const int error = ask(Call::sync, path); error != 0) {
    errno = error;
    return -1;
  }
  synced(path);
  return 0;  // the real one would only take its time
}

std::string in_directory(int directory, const char* file) {
  return (directory == AT_FDCWD || file[0] == '/') ? file : path_of(directory) + "/" + file;
}

}  // namespace

FaultyDisk::FaultyDisk(std::string root) {
  state().disk = this;
  state().root = std::move(root);
}

FaultyDisk::~FaultyDisk() {
  state() = State{};
}

std::size_t FaultyDisk::count(Call call) const {
  return static_cast<std::size_t>(std::count_if(
      events.begin(), events.end(), [call](const Event& event) { return event.call == call; }));
}

void FaultyDisk::damage(const std::string& path, std::size_t offset, const std::string& bytes) {
  const auto change = [&](std::string& content) {
    if (offset + bytes.size() <= content.size()) content.replace(offset, bytes.size(), bytes);
  };
  const auto found = state().durable.find(path);
  if (found != state().durable.end()) change(found->second.bytes);
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);  // in place: it is open
  file.seekp(static_cast<std::streamoff>(offset));
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void FaultyDisk::power_cut(std::mt19937& random) {
  constexpr std::size_t kSector = 512;
  State all = std::move(state());
  state() = State{};  // what follows is not the program's doing
  for (const auto& [path, file] : all.durable) {
    if (!std::filesystem::exists(path)) continue;
    if (!file.named && random() % 2 == 0) {
      std::filesystem::remove(path);
      continue;
    }
    const std::string now = read_bytes(path);
    std::string left = now;
    left.resize(std::max(now.size(), file.bytes.size()));
    // The size is metadata: the old one or the new one.
    if (random() % 2 == 0) left.resize(file.bytes.size());
    for (std::size_t at = 0; at < left.size(); at += kSector) {
      if (random() % 2 == 0) continue;
      for (std::size_t i = at; i < std::min(at + kSector, left.size()); ++i)
        left[i] = i < file.bytes.size() ? file.bytes[i] : '\0';
    }
    write_bytes(path, left);
  }
  for (const auto& [path, file] : all.unlinked) {
    if (file.named && !std::filesystem::exists(path) && random() % 2 == 0) {
      write_bytes(path, file.bytes);
    }
  }
  state().disk = this;
  state().root = all.root;
  dead = false;
}

}  // namespace tbgw::spool::test

using tbgw::spool::test::ask;
using tbgw::spool::test::Call;
using tbgw::spool::test::in_directory;
using tbgw::spool::test::path_of;
using tbgw::spool::test::real;
using tbgw::spool::test::remember;
using tbgw::spool::test::state;
using tbgw::spool::test::sync_call;

// NOLINTBEGIN: these have the names and types of libc's.
extern "C" {

int fsync(int fd) {
  return sync_call("fsync", fd);
}
int fdatasync(int fd) {
  return sync_call("fdatasync", fd);
}

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
  const auto next = real<ssize_t(int, const void*, size_t, off_t)>("pwrite");
  if (state().disk == nullptr) return next(fd, bytes, size, offset);
  const std::string path = path_of(fd);
  if (!state().covers(path)) return next(fd, bytes, size, offset);
  auto& disk = *state().disk;
  if (disk.dead) return static_cast<ssize_t>(size);
  if (const int error = ask(Call::write, path); error != 0) {
    errno = error;
    return -1;
  }
  if (disk.room == 0 && size > 0) {
    errno = ENOSPC;
    return -1;
  }
  if (disk.room != SIZE_MAX) {
    size = std::min(size, disk.room);
    disk.room -= size;
  }
  remember(path, false);
  return next(fd, bytes, size, offset);
}

int ftruncate(int fd, off_t size) noexcept {
  const auto next = real<int(int, off_t)>("ftruncate");
  const std::string path = path_of(fd);
  if (!state().covers(path)) return next(fd, size);
  if (state().disk->dead) return 0;
  if (const int error = ask(Call::truncate, path); error != 0) {
    errno = error;
    return -1;
  }
  remember(path, false);
  return next(fd, size);
}

int unlinkat(int directory, const char* file, int flags) noexcept {
  const auto next = real<int(int, const char*, int)>("unlinkat");
  const std::string path = in_directory(directory, file);
  if (!state().covers(path)) return next(directory, file, flags);
  if (state().disk->dead) return 0;
  if (const int error = ask(Call::unlink, path); error != 0) {
    errno = error;
    return -1;
  }
  if (std::filesystem::exists(path)) {
    remember(path, false);
    state().unlinked[path] = state().durable[path];
    state().durable.erase(path);
  }
  return next(directory, file, flags);
}

int renameat(int from, const char* old_name, int to, const char* new_name) noexcept {
  const auto next = real<int(int, const char*, int, const char*)>("renameat");
  const std::string path = in_directory(to, new_name);
  if (!state().covers(path)) return next(from, old_name, to, new_name);
  if (state().disk->dead) return 0;
  if (const int error = ask(Call::rename, path); error != 0) {
    errno = error;
    return -1;
  }
  auto& durable = state().durable;
  const std::string before = in_directory(from, old_name);
  if (const auto found = durable.find(before); found != durable.end()) {
    durable[path] = found->second;
    durable.erase(before);
  }
  return next(from, old_name, to, new_name);
}

int openat(int directory, const char* file, int flags, ...) {
  const auto next = real<int(int, const char*, int, mode_t)>("openat");
  mode_t mode = 0;
  if ((flags & O_CREAT) != 0) {
    va_list list;
    va_start(list, flags);
    mode = va_arg(list, mode_t);
    va_end(list);
  }
  if (state().disk == nullptr || (flags & O_CREAT) == 0) return next(directory, file, flags, mode);
  const std::string path = in_directory(directory, file);
  if (!state().covers(path)) return next(directory, file, flags, mode);
  if (state().disk->dead) return next(AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC, mode);
  if (const int error = ask(Call::create, path); error != 0) {
    errno = error;
    return -1;
  }
  const bool is_new = !std::filesystem::exists(path);
  if (is_new) state().durable.erase(path);
  if (is_new || (flags & O_TRUNC) != 0) remember(path, is_new);
  return next(directory, file, flags, mode);
}

int fstatvfs(int fd, struct statvfs* info) noexcept {
  const int done = real<int(int, struct statvfs*)>("fstatvfs")(fd, info);
  if (done == 0 && state().disk != nullptr && state().disk->free_bytes != UINT64_MAX) {
    info->f_bavail = state().disk->free_bytes / info->f_frsize;
  }
  return done;
}

}  // extern "C"
// NOLINTEND

namespace tbgw::spool::test {
namespace {

TEST(FaultyDisk, UnsyncedBytesMayGoAndSyncedBytesStay) {
  const Scratch scratch;
  FaultyDisk disk(scratch.path());
  std::mt19937 random{7};
  int lost = 0;
  for (int round = 0; round < 40; ++round) {
    const std::string path = scratch.path() + "/f" + std::to_string(round);
    const int fd = ::openat(AT_FDCWD, path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ASSERT_GE(fd, 0);
    ASSERT_EQ(::pwrite(fd, "durable", 7, 0), 7);
    ASSERT_EQ(::fdatasync(fd), 0);
    const int parent = ::open(scratch.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ASSERT_EQ(::fsync(parent), 0);
    ASSERT_EQ(::pwrite(fd, "!", 1, 7), 1);
    disk.power_cut(random);
    ::close(parent);
    ::close(fd);
    const std::string left = read_bytes(path);
    ASSERT_EQ(left.substr(0, 7), "durable");
    if (left != "durable!") ++lost;
  }
  EXPECT_GT(lost, 5);
  EXPECT_LT(lost, 40);
}

}  // namespace
}  // namespace tbgw::spool::test
