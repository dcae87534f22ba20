// SPDX-License-Identifier: Apache-2.0
#include "modbus/asker.hpp"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "modbus/timing.hpp"

namespace tbgw::modbus {

Asker::Asker(const Bus& bus, std::unique_ptr<Stream> stream)
    : bus_(bus),
      channel_(loop_, bus_, std::move(stream),
               {[this](TransactionEnd end) { end_ = std::move(end); }, [] {},
                [](const std::string&) {}, [this](const std::string& why, bool) { failed_ = why; },
                [](std::uint8_t, std::optional<Milliseconds>) {}}) {}

Result<void> Asker::open() {
  if (auto opened = channel_.open(); !opened) return opened;
  while (!channel_.is_open() && !failed_)
    loop_.turn();
  if (failed_) return Error{*failed_};
  return {};
}

void Asker::give_up_at(int fd) {
  loop_.watch(fd, POLLIN, [this, fd](short) {
    loop_.forget(fd);
    given_up_ = true;
  });
}

/// Keeps the silences of the bus; a connection that ended is had again.
void Asker::wait_until_ready() {
  failed_.reset();
  while (!failed_ && !given_up_) {
    const Loop::Time at = channel_.ready_at();
    const Loop::Time now = Loop::Clock::now();
    if (at <= now) return;
    if (at == Loop::Time::max()) {
      loop_.turn();
    } else {
      loop_.turn(std::chrono::ceil<Loop::Duration>(at - now));
    }
  }
}

TransactionEnd Asker::ask(std::uint8_t unit, const Request& request, Milliseconds timeout,
                          int retries) {
  for (;; --retries) {
    wait_until_ready();
    if (given_up_) break;
    end_.reset();
    channel_.start({1, unit, request, timeout});
    channel_.flush();
    while (!end_ && !given_up_)
      loop_.turn();
    if (!end_) break;
    const bool again = end_->kind == TransactionEnd::Kind::silent ||
                       end_->kind == TransactionEnd::Kind::garbled ||
                       end_->kind == TransactionEnd::Kind::cut_off;
    if (!again || retries <= 0) return *end_;
    // On a line where answers do not name their request, a late one must be over.
    if (bus_.framing != Framing::tcp) loop_.turn(std::min(timeout, Milliseconds{200}));
  }
  return {1, TransactionEnd::Kind::cut_off, {}, "given up", now_ms(), {}};
}

OperationResult Asker::run(Operation operation) {
  while (const auto request = operation.next()) {
    const Unit& unit = operation.unit();
    operation.take_end(
        ask(unit.unit_id, *request, response_timeout(bus_, unit, *request), unit.retries));
  }
  return operation.result();
}

}  // namespace tbgw::modbus
