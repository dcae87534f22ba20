// SPDX-License-Identifier: Apache-2.0
// A page for Prometheus, over HTTP on this machine only: one request a connection, few connections,
// little time for each.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/fd.hpp"
#include "core/listener.hpp"
#include "core/loop.hpp"

namespace tbgw::run {

/// What an HTTP request gets; pure. nullopt: it is not complete yet.
std::optional<std::string> http_answer(std::string_view request,
                                       const std::function<std::string()>& page);

class MetricsServer {
 public:
  /// `address`: "/path" of a Unix socket (0660), or "127.0.0.1:9100", "[::1]:9100",
  /// "localhost:9100" or "9100": nobody outside is served. `page` makes the text whenever it is
  /// asked for. Fatal 78: no such address; 73, 75: it cannot be had.
  MetricsServer(Loop& loop, const std::string& address, std::function<std::string()> page);
  ~MetricsServer();
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  /// The TCP port (the one that was had, for port 0); 0 = a Unix socket.
  [[nodiscard]] int port() const { return port_; }

  static constexpr std::size_t kMostConnections = 16;
  static constexpr std::size_t kLongestRequest = 8192;
  static constexpr std::chrono::seconds kPatience{10};

 private:
  struct Client {
    Fd fd;
    std::string in;
    std::string out;
    std::size_t sent = 0;
    Loop::Timer limit;
  };

  void listen_on(const std::string& address);
  void accept_one();
  void welcome(Fd connection);
  void on_ready(Client& client);
  void read(Client& client);
  void write(Client& client);
  void end(int fd);

  Loop& loop_;
  std::function<std::string()> page_;
  std::optional<Listener> unix_;
  Fd tcp_;
  int port_ = 0;
  std::map<int, std::unique_ptr<Client>> clients_;
};

}  // namespace tbgw::run
