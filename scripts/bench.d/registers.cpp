// SPDX-License-Identifier: Apache-2.0
// A Modbus/TCP server that does nothing but answer: every request of function code 3 in what one
// read brought, in one write. Peers are measured against it, so that it is not what is measured.
// Prints its port.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace {

unsigned word_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned>(static_cast<unsigned char>(bytes[at]) << 8U |
                               static_cast<unsigned char>(bytes[at + 1]));
}

void put_word(std::string& out, unsigned word) {
  out += static_cast<char>(word >> 8U);
  out += static_cast<char>(word & 0xffU);
}

struct Connection {
  int fd = -1;
  std::string pending;
};

/// transaction(2) 0(2) length(2) unit(1) function(1) address(2) count(2)
void answer(std::string_view request, std::string& out) {
  const unsigned address = word_at(request, 8);
  const unsigned count = word_at(request, 10);
  out.append(request.substr(0, 4));
  put_word(out, 3 + 2 * count);
  out.append(request.substr(6, 2));
  out += static_cast<char>(2 * count);
  for (unsigned i = 0; i < count; ++i)
    put_word(out, (address + i) * 7U & 0xffffU);
}

bool serve(Connection& connection) {
  char block[65536];
  const ssize_t got = ::read(connection.fd, block, sizeof block);
  if (got <= 0) return false;
  connection.pending.append(block, static_cast<std::size_t>(got));
  std::string out;
  std::size_t at = 0;
  for (; connection.pending.size() - at >= 12; at += 12)
    answer(std::string_view{connection.pending}.substr(at, 12), out);
  connection.pending.erase(0, at);
  for (std::size_t done = 0; done < out.size();) {
    const ssize_t put = ::write(connection.fd, out.data() + done, out.size() - done);
    if (put <= 0) return false;
    done += static_cast<std::size_t>(put);
  }
  return true;
}

}  // namespace

int main() {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0) return 1;
  if (::listen(listener, 200) != 0) return 1;
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  std::vector<Connection> connections;
  for (;;) {
    std::vector<pollfd> polled{{listener, POLLIN, 0}};
    for (const Connection& connection : connections)
      polled.push_back({connection.fd, POLLIN, 0});
    if (::poll(polled.data(), polled.size(), -1) < 0) return 1;
    for (std::size_t i = connections.size(); i > 0; --i) {
      if (polled[i].revents == 0 || serve(connections[i - 1])) continue;
      ::close(connections[i - 1].fd);
      connections.erase(connections.begin() + static_cast<std::ptrdiff_t>(i - 1));
    }
    if (polled[0].revents == 0) continue;
    const int fd = ::accept(listener, nullptr, nullptr);
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connections.push_back({fd, {}});
  }
}
