// SPDX-License-Identifier: Apache-2.0
// The session that never gives up: connects, and when the connection ends connects again, with
// back-off, over all addresses of all hosts, with the newest MQTT version the server speaks.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/loop.hpp"
#include "core/resolver.hpp"
#include "core/result.hpp"
#include "mqtt/backoff.hpp"
#include "mqtt/connection.hpp"
#include "mqtt/endpoint.hpp"

namespace tbgw::mqtt {

struct SessionOptions {
  std::vector<Endpoint> endpoints;  ///< at least one; tried in this order
  ConnectionOptions connection;
  bool try_v5 = true;
  bool try_v311 = true;
};

/// The session is up.
struct Up {
  std::string url;
  Version version = Version::v5;
  Welcome welcome;
  /// Since when there was no connection, if one was lost or an attempt failed before.
  std::chrono::milliseconds outage{0};
};

/// The session is down, or still down.
struct Down {
  std::string url;  ///< of the last one that was tried
  Loss loss;
  bool news = false;      ///< the first loss or failure since it was up (or since the start)
  bool never_up = false;  ///< it has not been up in the life of this process
  /// What hinders needs a person, at every URL: credentials, trust, files.
  bool hopeless = false;
  /// Several connections in a row were closed by the server soon after they were up: typical for
  /// two clients with the same credentials.
  bool short_lived = false;
  std::chrono::milliseconds retry_in{0};
};

struct SessionHandlers {
  std::function<void(const Up&)> up;
  std::function<void(const Down&)> down;
  std::function<void(int packet_id, int reason)> acknowledged;
  std::function<void(std::string_view topic, std::string_view payload)> message;
  std::function<void()> progress;
};

class Session {
 public:
  Session(Loop& loop, SessionOptions options, SessionHandlers handlers);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Makes the first attempt from the loop.
  void start();
  /// Says goodbye; nothing more is called.
  void stop();
  /// The URL it is at, or tries.
  [[nodiscard]] std::string url() const { return options_.endpoints[endpoint_].url(); }
  /// How often it came up.
  [[nodiscard]] std::uint64_t connections() const { return connections_; }
  [[nodiscard]] bool is_up() const { return connection_ && connection_->is_up(); }
  /// See Connection::publish(). Only while up.
  Result<int> publish(const std::string& topic, std::string_view payload);
  /// After the last publish() of a turn.
  void flush();
  /// Back-off starts anew: the next loss will be no surprise.
  void hurry();
  /// The platform acknowledged data on this connection: it is worth while to be back soon.
  void note_progress() { has_progress_ = true; }
  /// Ends the connection for a reason of ours; a new one follows.
  void restart(std::string reason);

 private:
  void attempt();
  void look_up();
  void take_addresses();
  void found(const std::vector<Address>& addresses);
  void not_found(const std::string& why);
  void stop_looking();
  [[nodiscard]] const std::string& host_to_look_up() const;
  void connected(const Welcome& welcome);
  void lost(const Loss& loss);
  void report(const Loss& loss, std::chrono::milliseconds retry_in);
  void schedule(std::chrono::milliseconds delay);
  bool next_at_once(const Loss& loss);

  Loop& loop_;
  SessionOptions options_;
  SessionHandlers handlers_;
  ConnectionHandlers connection_handlers_;
  std::unique_ptr<Connection> connection_;
  Resolver resolver_;
  std::vector<Route> routes_;
  std::size_t route_ = 0;
  std::size_t endpoint_ = 0;
  bool hopeless_ = true;  ///< so far in this round over all endpoints
  Version version_;
  bool version_known_ = false;  ///< the server let us in with it
  Backoff backoff_;
  Loop::Timer timer_;
  Loop::Time up_since_{};
  Loop::Time down_since_{};
  bool has_progress_ = false;
  bool was_down_ = false;  ///< down was reported since it was up
  std::uint64_t connections_ = 0;
  int short_lived_ = 0;
};

}  // namespace tbgw::mqtt
