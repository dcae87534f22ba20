// SPDX-License-Identifier: Apache-2.0
// One MQTT connection: one libmosquitto object driven from our own loop. It is used once; after the
// end of a connection a new object starts clean, so no message of the old one can come back.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/loop.hpp"
#include "core/result.hpp"
#include "mqtt/endpoint.hpp"

struct mosquitto;

namespace tbgw::mqtt {

class Trace;

enum class Version : std::uint8_t { v311, v5 };

struct TlsFiles {
  std::string ca;           ///< PEM; "" = the system's certificates
  std::string certificate;  ///< client certificate and its key, PEM; "" = none
  std::string key;
};

struct ConnectionOptions {
  std::string client_id;  ///< "" = Session makes one up
  std::string user;       ///< for ThingsBoard: the access token
  std::string password;
  TlsFiles tls;
  Proxy proxy;
  Trace* trace = nullptr;  ///< told of every packet
  std::vector<std::string> subscriptions;
  std::chrono::milliseconds keep_alive{30'000};       ///< whole seconds, at least 5
  std::chrono::milliseconds connect_timeout{20'000};  ///< until all subscriptions are granted
  std::chrono::milliseconds ack_timeout{30'000};
  unsigned in_flight = 100;  ///< unacknowledged messages that libmosquitto sends at once
};

/// What the server said when it let us in.
struct Welcome {
  std::size_t max_packet = 0;    ///< bytes; 0 = no limit told
  std::size_t max_messages = 0;  ///< not acknowledged; 0 = no limit told
  std::vector<std::string> refused_subscriptions;
};

/// Why there is no connection (any more).
struct Loss {
  enum class Kind : std::uint8_t {
    unreachable,  ///< nobody answered, or not in time
    refused,      ///< credentials or client id refused
    untrusted,    ///< TLS: certificate, host name or protocol refused by either side
    bad_files,    ///< the TLS files of ConnectionOptions cannot be used
    version,      ///< this MQTT version is not spoken
    closed,       ///< it was up, and ended
    evicted,      ///< another client took the session over
  };
  Kind kind = Kind::unreachable;
  std::string reason;
  bool was_up = false;
  bool unexplained = false;  ///< the server hung up and did not say why
  /// The server may have ended it because of what we sent, not for want of a network or for an
  /// order of its own.
  bool over_a_message = false;
  /// An acknowledgement did not come in time.
  bool unacknowledged = false;
};

/// What happens to a connection. Called from the loop, never from inside a call of ours.
struct ConnectionHandlers {
  std::function<void(const Welcome&)> up;
  /// Once, and the last call.
  std::function<void(const Loss&)> lost;
  /// `reason` >= 0x80: the server refused the message (MQTT 5 only).
  std::function<void(int packet_id, int reason)> acknowledged;
  std::function<void(std::string_view topic, std::string_view payload)> message;
  /// After each batch of the above: the time to publish more.
  std::function<void()> progress;
};

class Connection {
 public:
  /// Starts to connect. `options` and `handlers` must outlive the object.
  Connection(Loop& loop, const Route& route, const Endpoint& endpoint, Version version,
             const ConnectionOptions& options, const ConnectionHandlers& handlers);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] bool is_up() const { return up_; }
  /// Publishes with QoS 1 and returns the packet id, which acknowledged() will name. An error: this
  /// message cannot be sent on this connection. Only while up. flush() must follow in the same
  /// turn.
  Result<int> publish(const std::string& topic, std::string_view payload);
  /// Lets what was published go. Many small messages then share the packets of the network, and the
  /// work of both kernels.
  void flush();
  /// Ends it because of `reason`; lost() follows from the loop.
  void fail_soon(std::string reason);
  /// Says goodbye and closes; nothing more is called.
  void close();

 private:
  struct Free {
    void operator()(mosquitto* handle) const noexcept;
  };
  struct Callbacks;  // what libmosquitto calls; they only fill events_
  struct Event {
    enum class Kind : std::uint8_t { connack, suback, acknowledged, message } kind;
    int number = 0;
    int reason = 0;
    std::string topic;
    std::string payload;
    std::vector<int> granted;
  };
  struct Unacknowledged {
    int packet_id;
    Loop::Time sent;
  };

  void configure();
  bool configure_tls();
  void peek();
  void start(const Endpoint& endpoint);
  void on_ready(short revents);
  bool finish_tcp();
  void dispatch();
  void take_connack(int reason);
  void take_suback(const Event& event);
  void take_acknowledgement(int packet_id, int reason);
  void watch_socket();
  void trace(std::string_view way, std::string_view packet, const std::string& members = "") const;
  void trace_connect() const;
  void trace_subscribe() const;
  void trace_suback(const Event& event) const;
  void keep_alive();
  void check_acknowledgements();
  void library_failed(int code, int error);
  void note_end(int code, int error);
  [[nodiscard]] Loss tls_loss() const;
  static Loss::Kind refusal(int reason);
  void fail_later(Loss::Kind kind, std::string reason);
  void fail(Loss::Kind kind, std::string reason);
  void stop();

  Loop& loop_;
  Route route_;
  std::uint16_t port_;
  Version version_;
  const ConnectionOptions& options_;
  const ConnectionHandlers& handlers_;
  std::unique_ptr<mosquitto, Free> handle_;
  int fd_ = -1;
  bool tls_ = false;
  bool tcp_up_ = false;
  bool accepted_ = false;  ///< CONNACK said yes
  bool up_ = false;
  bool corked_ = false;  ///< the kernel holds small packets back
  bool lost_ = false;
  bool unexplained_ = false;
  bool over_a_message_ = false;
  bool overdue_ = false;  ///< an acknowledgement is
  int subscription_id_ = 0;
  int server_reason_ = 0;    ///< of a DISCONNECT from the server
  bool answered_ = false;    ///< the server sent a CONNACK
  std::string first_bytes_;  ///< what the server sent first, as it came
  Welcome welcome_;
  std::vector<Event> events_;
  std::vector<std::string> library_errors_;
  std::deque<Unacknowledged> unacknowledged_;
  std::chrono::milliseconds keep_alive_;
  Loop::Time last_out_{};
  Loop::Time last_in_{};
  Loop::Timer connect_timer_;
  Loop::Timer keep_alive_timer_;
  Loop::Timer ack_timer_;
  Loop::Timer fail_timer_;
};

/// "libmosquitto 2.0.11", for --version.
std::string library_version();

}  // namespace tbgw::mqtt
