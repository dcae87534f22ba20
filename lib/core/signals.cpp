// SPDX-License-Identifier: Apache-2.0
#include "core/signals.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>

namespace tbgw {
namespace {

std::atomic<int> stop_pipe{-1};
std::atomic<bool> interrupt_seen{false};

extern "C" void note_signal(int number) {
  const int saved = errno;
  if (number == SIGINT) interrupt_seen = true;
  const char byte = number == SIGUSR1 ? 'u' : 's';
  // A full pipe already holds the news.
  [[maybe_unused]] const ssize_t put = ::write(stop_pipe, &byte, 1);
  errno = saved;
}

void set_action(int number, void (*handler)(int), int flags) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigemptyset(&action.sa_mask);
  ::sigaction(number, &action, nullptr);
}

}  // namespace

Signals::Signals() : pipe_(make_pipe()) {
  for (const int fd : {pipe_.read.get(), pipe_.write.get()})
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
  stop_pipe = pipe_.write.get();
  for (const int number : {SIGTERM, SIGHUP, SIGINT}) {
    set_action(number, note_signal, static_cast<int>(SA_RESETHAND));
  }
  set_action(SIGUSR1, note_signal, 0);
}

Signals::~Signals() {
  for (const int number : {SIGTERM, SIGHUP, SIGINT, SIGUSR1})
    set_action(number, SIG_DFL, 0);
  stop_pipe = -1;
}

Signals::News Signals::take() {
  News news;
  std::array<char, 64> bytes{};
  ssize_t got = 0;
  while ((got = ::read(pipe_.read.get(), bytes.data(), bytes.size())) > 0) {
    for (ssize_t i = 0; i < got; ++i) {
      (bytes[static_cast<std::size_t>(i)] == 'u' ? news.stats : news.stop) = true;
    }
  }
  stopping_ = stopping_ || news.stop;
  return news;
}

bool interrupted() {
  return interrupt_seen;
}

void note_interrupt() {
  interrupt_seen = true;
}

}  // namespace tbgw
