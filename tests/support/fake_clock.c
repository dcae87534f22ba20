// SPDX-License-Identifier: Apache-2.0
// LD_PRELOAD: a wall clock that is wrong, and what the kernel says of it. The file named by
// FAKE_CLOCK holds the seconds to add to the real time, and "set" or "unset": whether the clock is
// synchronised. It may change at any time.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

static long read_file(int *is_set) {
  char state[16] = "set";
  long seconds = 0;
  FILE *file = fopen(getenv("FAKE_CLOCK"), "re");
  if (file != NULL) {
    if (fscanf(file, "%ld %15s", &seconds, state) < 1) seconds = 0;
    fclose(file);
  }
  *is_set = strcmp(state, "set") == 0;
  return seconds;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  const int status = (int)syscall(SYS_clock_gettime, clock, time);
  int is_set;
  if (status == 0 && clock == CLOCK_REALTIME) time->tv_sec += read_file(&is_set);
  return status;
}

int adjtimex(struct timex *kernel) {
  int is_set;
  memset(kernel, 0, sizeof *kernel);
  read_file(&is_set);
  kernel->status = is_set ? STA_PLL : STA_UNSYNC;
  return is_set ? TIME_OK : TIME_ERROR;
}
