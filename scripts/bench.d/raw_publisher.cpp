// SPDX-License-Identifier: Apache-2.0
// The least that an MQTT publisher can do: messages ready made, one socket, a window of QoS 1
// messages. What tbgw-push is measured against.
//
//   raw_publisher PORT WINDOW < "topic TAB payload" lines
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace {

void append_string(std::string& out, std::string_view text) {
  out.push_back(static_cast<char>(text.size() >> 8));
  out.push_back(static_cast<char>(text.size() & 0xff));
  out.append(text);
}

std::string packet(char type, std::string_view body) {
  std::string out{type};
  std::size_t rest = body.size();
  do {
    const auto seven = static_cast<char>(rest & 0x7f);
    rest >>= 7;
    out.push_back(static_cast<char>(rest > 0 ? seven | '\x80' : seven));
  } while (rest > 0);
  return out.append(body);
}

std::string publish(std::string_view line, unsigned id) {
  const std::size_t tab = line.find('\t');
  std::string body;
  append_string(body, line.substr(0, tab));
  body.push_back(static_cast<char>(id >> 8));
  body.push_back(static_cast<char>(id & 0xff));
  body.append(line.substr(tab + 1));
  return packet('\x32', body);
}

int connect_to(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  const int one = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    std::exit(69);
  std::string body;
  append_string(body, "MQTT");
  body.append("\x04\x02\x00\x3c", 4);
  append_string(body, "raw");
  const std::string hello = packet('\x10', body);
  std::array<char, 4> answer{};
  if (::write(fd, hello.data(), hello.size()) < 0) std::exit(74);
  if (::recv(fd, answer.data(), answer.size(), MSG_WAITALL) != 4 || answer[3] != 0) std::exit(77);
  return fd;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 64;
  std::ios::sync_with_stdio(false);
  std::vector<std::string> messages;
  for (std::string line; std::getline(std::cin, line);) {
    messages.push_back(publish(line, static_cast<unsigned>(messages.size() % 65535 + 1)));
  }
  const int fd = connect_to(std::atoi(argv[1]));
  const auto window = static_cast<std::size_t>(std::atoi(argv[2]));
  std::size_t sent = 0;
  std::size_t acknowledged_bytes = 0;  // four for each PUBACK
  std::array<char, 4096> answers{};
  while (acknowledged_bytes < 4 * messages.size()) {
    while (sent < messages.size() && sent - acknowledged_bytes / 4 < window) {
      const std::string& message = messages[sent++];
      if (::send(fd, message.data(), message.size(), 0) < 0) return 74;
    }
    const ssize_t got = ::read(fd, answers.data(), answers.size());
    if (got <= 0) return 74;
    acknowledged_bytes += static_cast<std::size_t>(got);
  }
  ::close(fd);
}
