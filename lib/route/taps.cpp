// SPDX-License-Identifier: Apache-2.0
#include "route/taps.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include "core/text.hpp"

namespace tbgw::route {
namespace {
constexpr std::size_t kLongestName = 1024;
}  // namespace

Taps::Taps(Loop& loop, const std::string& path)
    : loop_(loop),
      listener_(loop, path, [this](Fd connection) { welcome(std::move(connection)); }) {}

Taps::~Taps() {
  for (const auto& [fd, client] : clients_)
    loop_.forget(fd);
}

void Taps::welcome(Fd connection) {
  if (clients_.size() >= kMostClients) return;  // closed
  const int fd = connection.get();
  clients_[fd].fd = std::move(connection);
  loop_.watch(fd, POLLIN, [this, fd](short revents) { on_ready(fd, revents); });
}

void Taps::on_ready(int fd, short revents) {
  Client& client = clients_.at(fd);
  bool good = (revents & (POLLERR | POLLNVAL)) == 0;
  if (good && (revents & (POLLIN | POLLHUP)) != 0) good = listen_to(client);
  if (good && (revents & POLLOUT) != 0) good = write(client);
  if (!good) end(fd);
}

/// Its line, then its end. False: it is gone.
bool Taps::listen_to(Client& client) {
  std::array<char, 1024> block{};
  const ssize_t got = ::recv(client.fd.get(), block.data(), block.size(), MSG_DONTWAIT);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  if (got == 0) return false;
  if (client.told) return true;
  client.asked.append(block.data(), static_cast<std::size_t>(got));
  const std::size_t stop = client.asked.find('\n');
  if (stop == std::string::npos) return client.asked.size() <= kLongestName;
  client.asked.resize(stop);
  client.told = true;
  return true;
}

void Taps::send(Client& client, std::string_view line) {
  if (client.waiting.size() + line.size() + 1 > kMostWaiting) {
    ++client.dropped;
    return;
  }
  if (const std::uint64_t dropped = std::exchange(client.dropped, 0); dropped > 0) {
    client.waiting += "{\"event\":\"fault\",\"tool\":\"tbgw-route\",\"text\":\"" +
                      std::to_string(dropped) + " records were not copied: read faster\"}\n";
  }
  client.waiting.append(line).push_back('\n');
  loop_.set_events(client.fd.get(), POLLIN | POLLOUT);
}

/// False: it is gone.
bool Taps::write(Client& client) {
  const ssize_t put = ::send(client.fd.get(), client.waiting.data(), client.waiting.size(),
                             MSG_DONTWAIT | MSG_NOSIGNAL);
  if (put < 0) return errno == EAGAIN || errno == EINTR;
  client.waiting.erase(0, static_cast<std::size_t>(put));
  if (client.waiting.empty()) loop_.set_events(client.fd.get(), POLLIN);
  return true;
}

void Taps::end(int fd) {
  loop_.forget(fd);
  clients_.erase(fd);
}

void Taps::record(std::string_view pipeline, std::string_view line) {
  for (auto& [fd, client] : clients_) {
    if (client.told && client.asked == pipeline) send(client, line);
  }
}

void Taps::news(std::string_view pipeline, std::string_view event) {
  std::string line;
  for (auto& [fd, client] : clients_) {
    if (!client.told || !client.asked.empty()) continue;
    if (line.empty()) {
      line = "{\"pipeline\":" + json_string(pipeline) + ",\"event\":" + std::string{event} + "}";
    }
    send(client, line);
  }
}

}  // namespace tbgw::route
