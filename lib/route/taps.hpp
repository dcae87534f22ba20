// SPDX-License-Identifier: Apache-2.0
// Copies of what passes, for whoever asks on a Unix socket. Nobody waits for them: what a reader is
// too slow for is dropped, and said to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/fd.hpp"
#include "core/listener.hpp"
#include "core/loop.hpp"

namespace tbgw::route {

/// A client sends one line: the name of a pipeline, whose records it gets as they are, or nothing:
/// then it gets each stats and fault event as {"pipeline":NAME,"event":{…}}, where NAME is "" for
/// what comes down or from the router itself.
class Taps {
 public:
  /// Fatal 64, 73, 75 as Listener.
  Taps(Loop& loop, const std::string& path);
  ~Taps();
  Taps(const Taps&) = delete;
  Taps& operator=(const Taps&) = delete;

  /// A record of a pipeline.
  void record(std::string_view pipeline, std::string_view line);
  /// A stats or fault event.
  void news(std::string_view pipeline, std::string_view event);

  static constexpr std::size_t kMostClients = 16;
  static constexpr std::size_t kMostWaiting = std::size_t{1} << 20;

 private:
  struct Client {
    Fd fd;
    std::string asked;  ///< what came so far of its line
    bool told = false;  ///< its line is whole
    std::string waiting;
    std::uint64_t dropped = 0;
  };

  void welcome(Fd connection);
  void on_ready(int fd, short revents);
  bool listen_to(Client& client);
  bool write(Client& client);
  void send(Client& client, std::string_view line);
  void end(int fd);

  Loop& loop_;
  std::map<int, Client> clients_;
  Listener listener_;
};

}  // namespace tbgw::route
