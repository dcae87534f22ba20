// SPDX-License-Identifier: Apache-2.0
#include "run/metrics_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "core/log.hpp"
#include "core/number.hpp"
#include "core/status.hpp"
#include "core/text.hpp"

namespace tbgw::run {
namespace {

std::string response(std::string_view status, std::string_view type, const std::string& body,
                     bool head) {
  std::string out = "HTTP/1.0 ";
  out.append(status).append("\r\nContent-Type: ").append(type);
  out.append("\r\nContent-Length: ").append(std::to_string(body.size()));
  out.append("\r\nConnection: close\r\n\r\n");
  return head ? out : out + body;
}

std::string failure(std::string_view status, bool head = false) {
  return response(status, "text/plain", std::string{status} + "\n", head);
}

struct Endpoint {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

/// nullopt: it is no loopback address with a port.
std::optional<Endpoint> endpoint_of(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  std::string host = colon == std::string::npos ? "" : address.substr(0, colon);
  const auto port =
      parse_integer(address.substr(colon == std::string::npos ? 0 : colon + 1), 0, 65535);
  if (!port) return std::nullopt;
  if (host.empty() || host == "localhost") host = "127.0.0.1";
  Endpoint out;
  if (host == "[::1]") {
    auto* const six = reinterpret_cast<sockaddr_in6*>(&out.storage);
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(static_cast<std::uint16_t>(*port));
    six->sin6_addr = in6addr_loopback;
    out.size = sizeof *six;
    return out;
  }
  auto* const four = reinterpret_cast<sockaddr_in*>(&out.storage);
  four->sin_family = AF_INET;
  four->sin_port = htons(static_cast<std::uint16_t>(*port));
  out.size = sizeof *four;
  constexpr std::uint32_t kLoopback = 127;
  if (::inet_pton(AF_INET, host.c_str(), &four->sin_addr) != 1) return std::nullopt;
  if (ntohl(four->sin_addr.s_addr) >> 24 != kLoopback) return std::nullopt;
  return out;
}

int port_of(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return 0;
  // The port stands at the same place in both families.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
}

}  // namespace

std::optional<std::string> http_answer(std::string_view request,
                                       const std::function<std::string()>& page) {
  const bool complete = request.find("\r\n\r\n") != std::string_view::npos ||
                        request.find("\n\n") != std::string_view::npos;
  if (!complete) return std::nullopt;
  const std::string_view line = request.substr(0, request.find_first_of("\r\n"));
  const std::size_t first = line.find(' ');
  if (first == std::string_view::npos) return failure("400 Bad Request");
  const std::string_view method = line.substr(0, first);
  std::string_view target = line.substr(first + 1);
  target = target.substr(0, target.find_first_of(" ?"));
  const bool head = method == "HEAD";
  if (method != "GET" && !head) return failure("405 Method Not Allowed");
  if (target != "/metrics" && target != "/") return failure("404 Not Found", head);
  return response("200 OK", "text/plain; version=0.0.4; charset=utf-8", page(), head);
}

MetricsServer::MetricsServer(Loop& loop, const std::string& address,
                             std::function<std::string()> page)
    : loop_(loop), page_(std::move(page)) {
  if (!address.empty() && address.front() == '/') {
    unix_.emplace(loop, address, [this](Fd connection) { welcome(std::move(connection)); });
  } else {
    listen_on(address);
  }
}

MetricsServer::~MetricsServer() {
  while (!clients_.empty())
    end(clients_.begin()->first);
  if (tcp_) loop_.forget(tcp_.get());
}

void MetricsServer::listen_on(const std::string& address) {
  const auto endpoint = endpoint_of(address);
  if (!endpoint) {
    throw Fatal(Status::config, in_quotes(address) +
                                    ": metrics are served on a loopback address such as "
                                    "127.0.0.1:9100, or on a socket with an absolute path");
  }
  tcp_ = Fd{::socket(endpoint->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!tcp_) throw_errno(Status::software, "cannot make a socket");
  const int on = 1;
  ::setsockopt(tcp_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const auto* const where = reinterpret_cast<const sockaddr*>(&endpoint->storage);
  if (::bind(tcp_.get(), where, endpoint->size) != 0) {
    throw_errno(errno == EADDRINUSE ? Status::try_again : Status::cannot_create,
                "cannot serve metrics on " + address);
  }
  constexpr int kQueue = 8;
  if (::listen(tcp_.get(), kQueue) != 0) throw_errno(Status::cannot_create, address);
  port_ = port_of(tcp_.get());
  loop_.watch(tcp_.get(), POLLIN, [this](short) { accept_one(); });
}

void MetricsServer::accept_one() {
  Fd connection{::accept4(tcp_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
  if (connection) return welcome(std::move(connection));
  if (errno != EINTR && errno != EAGAIN && errno != ECONNABORTED) {
    log::limited(log::Level::warning, "metrics", "metrics: accept: " + errno_text(errno));
  }
}

/// More than a few at a time are not from a Prometheus: they are closed at once.
void MetricsServer::welcome(Fd connection) {
  if (clients_.size() >= kMostConnections) return;
  const int fd = connection.get();
  if (::fcntl(fd, F_SETFL, O_NONBLOCK) != 0) return;  // ours alone
  auto client = std::make_unique<Client>();
  client->fd = std::move(connection);
  client->limit = loop_.after(kPatience, [this, fd] { end(fd); });
  Client& kept = *(clients_[fd] = std::move(client));
  loop_.watch(fd, POLLIN, [this, &kept](short) { on_ready(kept); });
}

void MetricsServer::on_ready(Client& client) {
  if (client.out.empty()) {
    read(client);
  } else {
    write(client);
  }
}

void MetricsServer::read(Client& client) {
  std::array<char, 2048> block{};
  const ssize_t got = ::read(client.fd.get(), block.data(), block.size());
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (got <= 0) return end(client.fd.get());
  client.in.append(block.data(), static_cast<std::size_t>(got));
  auto answer = http_answer(client.in, page_);
  if (!answer && client.in.size() > kLongestRequest) answer = failure("431 Request Too Large");
  if (!answer) return;
  client.out = std::move(*answer);
  loop_.set_events(client.fd.get(), POLLOUT);
  write(client);
}

void MetricsServer::write(Client& client) {
  const std::size_t left = client.out.size() - client.sent;
  const ssize_t put = ::send(client.fd.get(), client.out.data() + client.sent, left, MSG_NOSIGNAL);
  if (put < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (put < 0) return end(client.fd.get());
  client.sent += static_cast<std::size_t>(put);
  if (client.sent == client.out.size()) end(client.fd.get());
}

void MetricsServer::end(int fd) {
  const auto at = clients_.find(fd);
  if (at == clients_.end()) return;
  loop_.forget(fd);
  loop_.cancel(at->second->limit);
  clients_.erase(at);
}

}  // namespace tbgw::run
