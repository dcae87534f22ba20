// SPDX-License-Identifier: Apache-2.0
// A FUSE file "disk" that behaves like a drive with a volatile write cache. What is written goes to
// the cache; a flush (fsync of the file, which is what a loop device makes of a barrier) makes it
// durable. At SIGUSR1 the power is cut: each 512 byte sector that was not flushed reaches the medium
// or not, by chance; the medium is written to IMAGE, and from then on every access fails.
//
//   volatile_disk MEBIBYTES IMAGE SEED MOUNTPOINT
//
// Then: losetup MOUNTPOINT/disk, mkfs, mount, work, kill -USR1; "cut" on stderr says that IMAGE is
// complete. At SIGUSR2 it says how much was written and flushed so far.
#define FUSE_USE_VERSION 31
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { kSector = 512 };
static const char kDisk[] = "/disk";

static size_t size;
static unsigned char *cache;    // what is read back
static unsigned char *medium;   // what survives
static unsigned char *unsaved;  // per sector: cache and medium may differ
static const char *image;
static unsigned seed;
static int is_cut;
static unsigned long writes, bytes_written, flushes;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void save_sector(size_t sector) {
  memcpy(medium + sector * kSector, cache + sector * kSector, kSector);
  unsaved[sector] = 0;
}

static void write_image(void) {
  const int fd = open(image, O_CREAT | O_WRONLY | O_TRUNC, 0600);
  size_t done = 0;
  while (fd >= 0 && done < size) {
    const ssize_t put = write(fd, medium + done, size - done);
    if (put <= 0) break;
    done += (size_t)put;
  }
  if (fd >= 0) close(fd);
}

static void cut_power(void) {
  unsigned long kept = 0, lost = 0;
  for (size_t sector = 0; sector < size / kSector; ++sector) {
    if (!unsaved[sector]) continue;
    if (rand_r(&seed) & 1) {
      save_sector(sector);
      ++kept;
    } else {
      ++lost;
    }
  }
  is_cut = 1;
  write_image();
  fprintf(stderr, "cut: %lu writes, %lu bytes, %lu flushes; unflushed sectors kept %lu lost %lu\n",
          writes, bytes_written, flushes, kept, lost);
}

static void *wait_for_signals(void *set) {
  int number = 0;
  while (sigwait(set, &number) == 0) {
    pthread_mutex_lock(&mutex);
    if (number == SIGUSR1 && !is_cut) cut_power();
    if (number == SIGUSR2) {
      fprintf(stderr, "so far: %lu writes, %lu bytes, %lu flushes\n", writes, bytes_written, flushes);
    }
    pthread_mutex_unlock(&mutex);
  }
  return NULL;
}

static int get_attributes(const char *path, struct stat *info, struct fuse_file_info *file) {
  (void)file;
  memset(info, 0, sizeof *info);
  info->st_nlink = 1;
  if (strcmp(path, "/") == 0) {
    info->st_mode = S_IFDIR | 0700;
  } else if (strcmp(path, kDisk) == 0) {
    info->st_mode = S_IFREG | 0600;
    info->st_size = (off_t)size;
  } else {
    return -ENOENT;
  }
  return 0;
}

static int read_disk(const char *path, char *to, size_t count, off_t at, struct fuse_file_info *file) {
  (void)path;
  (void)file;
  if (is_cut) return -EIO;
  const size_t from = (size_t)at;
  if (from >= size) return 0;
  if (count > size - from) count = size - from;
  pthread_mutex_lock(&mutex);
  memcpy(to, cache + from, count);
  pthread_mutex_unlock(&mutex);
  return (int)count;
}

static int write_disk(const char *path, const char *from, size_t count, off_t at,
                      struct fuse_file_info *file) {
  (void)path;
  (void)file;
  const size_t to = (size_t)at;
  if (to + count > size) return -ENOSPC;
  pthread_mutex_lock(&mutex);
  int result = -EIO;
  if (!is_cut) {
    memcpy(cache + to, from, count);
    memset(unsaved + to / kSector, 1, (to + count - 1) / kSector - to / kSector + 1);
    ++writes;
    bytes_written += count;
    result = (int)count;
  }
  pthread_mutex_unlock(&mutex);
  return result;
}

static int flush_disk(const char *path, int data_only, struct fuse_file_info *file) {
  (void)path;
  (void)data_only;
  (void)file;
  pthread_mutex_lock(&mutex);
  const int result = is_cut ? -EIO : 0;
  if (!is_cut) {
    for (size_t sector = 0; sector < size / kSector; ++sector) {
      if (unsaved[sector]) save_sector(sector);
    }
    ++flushes;
  }
  pthread_mutex_unlock(&mutex);
  return result;
}

static int open_disk(const char *path, struct fuse_file_info *file) {
  (void)file;
  return strcmp(path, kDisk) == 0 ? 0 : -ENOENT;
}

static int list(const char *path, void *to, fuse_fill_dir_t add, off_t at, struct fuse_file_info *file,
                enum fuse_readdir_flags flags) {
  (void)path;
  (void)at;
  (void)file;
  (void)flags;
  add(to, kDisk + 1, NULL, 0, 0);
  return 0;
}

static const struct fuse_operations operations = {
    .getattr = get_attributes,
    .open = open_disk,
    .read = read_disk,
    .write = write_disk,
    .fsync = flush_disk,
    .readdir = list,
};

int main(int count, char **words) {
  if (count != 5) return 64;
  size = strtoul(words[1], NULL, 10) << 20;
  image = words[2];
  seed = (unsigned)atoi(words[3]);
  cache = calloc(1, size);
  medium = calloc(1, size);
  unsaved = calloc(1, size / kSector);
  if (size == 0 || cache == NULL || medium == NULL || unsaved == NULL) return 71;
  static sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
  pthread_t thread;
  pthread_create(&thread, NULL, wait_for_signals, &set);
  char *arguments[] = {words[0], "-f", "-s", words[4], NULL};
  return fuse_main(4, arguments, &operations, NULL);
}
