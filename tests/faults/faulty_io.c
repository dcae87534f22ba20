// SPDX-License-Identifier: Apache-2.0
// LD_PRELOAD: faults of regular files that strace cannot inject. Writes are those at an offset:
// segments and cursors are written so, messages and reports are not.
//   FAULTY_SHORT=1   every write is cut in half
//   FAULTY_FULL=N    the disk is full after N bytes (until the file FAULTY_ROOM exists)
//   FAULTY_SYNC=N    the Nth sync fails with EIO; N,ever: from then on every one
//   FAULTY_WRITE=N   likewise for writes
//   FAULTY_LIE=1     syncs say that they are done and do nothing
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_file(int fd) {
  struct stat info;
  return fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

// Whether call number `count` is the one (or one of those) that `name` asks to fail.
static int fails(const char *name, long count) {
  const char *value = getenv(name);
  if (value == NULL) return 0;
  return count == atol(value) || (strstr(value, ",ever") != NULL && count > atol(value));
}

// How many of `wanted` bytes go through; -1 with errno set: none.
static ssize_t allowed(int fd, size_t wanted) {
  static long calls, used;
  if (!is_file(fd)) return (ssize_t)wanted;
  if (fails("FAULTY_WRITE", ++calls)) {
    errno = EIO;
    return -1;
  }
  size_t part = wanted;
  const char *full = getenv("FAULTY_FULL");
  const char *room = getenv("FAULTY_ROOM");
  if (full != NULL && (room == NULL || access(room, F_OK) != 0)) {
    const long left = atol(full) - used;
    if (left <= 0) {
      errno = ENOSPC;
      return -1;
    }
    if (part > (size_t)left) part = (size_t)left;
  }
  if (getenv("FAULTY_SHORT") != NULL && part > 1) part /= 2;
  used += (long)part;
  return (ssize_t)part;
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) {
  static ssize_t (*real)(int, const void *, size_t, off_t);
  if (real == NULL) real = dlsym(RTLD_NEXT, "pwrite");
  const ssize_t part = allowed(fd, size);
  return part < 0 ? -1 : real(fd, bytes, (size_t)part, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t at) {
  return pwrite(fd, bytes, size, at);
}

static int sync_with(int fd, const char *name) {
  static long calls;
  if (is_file(fd) && fails("FAULTY_SYNC", ++calls)) {
    errno = EIO;
    return -1;
  }
  if (getenv("FAULTY_LIE") != NULL) return 0;
  int (*real)(int) = dlsym(RTLD_NEXT, name);
  return real(fd);
}

int fdatasync(int fd) { return sync_with(fd, "fdatasync"); }
int fsync(int fd) { return sync_with(fd, "fsync"); }
