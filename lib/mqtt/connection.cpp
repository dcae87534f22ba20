// SPDX-License-Identifier: Apache-2.0
#include "mqtt/connection.hpp"

#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "core/number.hpp"
#include "core/status.hpp"
#include "mqtt/reason.hpp"
#include "mqtt/trace.hpp"

namespace tbgw::mqtt {
namespace {

/// A dead network is noticed after this long with unacknowledged bytes.
constexpr int kTcpUserTimeoutMs = 20'000;

void set_option(int fd, int option, int value) {
  ::setsockopt(fd, IPPROTO_TCP, option, &value, sizeof value);
}

}  // namespace

void Connection::Free::operator()(mosquitto* handle) const noexcept {
  mosquitto_destroy(handle);
}

/// C callbacks. They run inside calls of the library, so all they do is to remember.
struct Connection::Callbacks {
  static Connection& self(void* object) { return *static_cast<Connection*>(object); }

  static void connected(mosquitto* /*handle*/, void* object, int reason, int /*flags*/,
                        const mosquitto_property* properties) {
    Connection& me = self(object);
    std::uint32_t packet = 0;
    std::uint16_t seconds = 0;
    std::uint16_t messages = 0;
    mosquitto_property_read_int32(properties, MQTT_PROP_MAXIMUM_PACKET_SIZE, &packet, false);
    mosquitto_property_read_int16(properties, MQTT_PROP_SERVER_KEEP_ALIVE, &seconds, false);
    mosquitto_property_read_int16(properties, MQTT_PROP_RECEIVE_MAXIMUM, &messages, false);
    me.welcome_.max_packet = packet;
    me.welcome_.max_messages = messages;
    if (seconds > 0) me.keep_alive_ = std::chrono::seconds{seconds};
    me.events_.push_back({Event::Kind::connack, 0, reason, {}, {}, {}});
  }
  static void subscribed(mosquitto* /*handle*/, void* object, int id, int count,
                         const int* granted) {
    self(object).events_.push_back(
        {Event::Kind::suback, id, 0, {}, {}, std::vector<int>(granted, granted + count)});
  }
  static void published(mosquitto* /*handle*/, void* object, int id, int reason,
                        const mosquitto_property* /*properties*/) {
    self(object).events_.push_back({Event::Kind::acknowledged, id, reason, {}, {}, {}});
  }
  static void received(mosquitto* /*handle*/, void* object, const mosquitto_message* message,
                       const mosquitto_property* /*properties*/) {
    const auto length = static_cast<std::size_t>(message->payloadlen);
    std::string payload(length == 0 ? "" : static_cast<const char*>(message->payload), length);
    self(object).events_.push_back(
        {Event::Kind::message, message->mid, 0, message->topic, std::move(payload), {}});
  }
  static void disconnected(mosquitto* /*handle*/, void* object, int reason,
                           const mosquitto_property* /*properties*/) {
    // The library's own codes are below; those of a DISCONNECT from the server start here.
    if (reason < kFirstFailure) return;
    self(object).server_reason_ = reason;
    self(object).trace("in", "DISCONNECT", ",\"reason\":" + std::to_string(reason));
  }
  static void logged(mosquitto* /*handle*/, void* object, int level, const char* text) {
    Connection& me = self(object);
    if (level == MOSQ_LOG_ERR) me.library_errors_.emplace_back(text);
    const std::string_view line{text};
    if (line.find(" sending PINGREQ") != std::string_view::npos) me.trace("out", "PINGREQ");
    if (line.find(" received PINGRESP") != std::string_view::npos) me.trace("in", "PINGRESP");
  }
};

Connection::Connection(Loop& loop, const Route& route, const Endpoint& endpoint, Version version,
                       const ConnectionOptions& options, const ConnectionHandlers& handlers)
    : loop_(loop),
      route_(route),
      port_(endpoint.port),
      version_(version),
      options_(options),
      handlers_(handlers),
      tls_(endpoint.tls),
      keep_alive_(options.keep_alive) {
  static const int initialised = mosquitto_lib_init();
  if (initialised != MOSQ_ERR_SUCCESS) throw Fatal(Status::software, "cannot start libmosquitto");
  handle_.reset(mosquitto_new(options_.client_id.c_str(), true, this));
  if (!handle_) throw_errno(Status::software, "cannot make an MQTT client");
  connect_timer_ = loop_.after(options_.connect_timeout, [this] {
    fail(Loss::Kind::unreachable, std::string{"no "} + (answered_ ? "subscription" : "answer") +
                                      " within " + format_duration(options_.connect_timeout));
  });
  configure();
  start(endpoint);
}

Connection::~Connection() {
  stop();
}

void Connection::configure() {
  mosquitto* const handle = handle_.get();
  mosquitto_int_option(handle, MOSQ_OPT_PROTOCOL_VERSION,
                       version_ == Version::v5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311);
  mosquitto_int_option(handle, MOSQ_OPT_TCP_NODELAY, 1);
  // Never 0: without a limit each acknowledgement walks the list of all messages.
  mosquitto_int_option(handle, MOSQ_OPT_SEND_MAXIMUM, static_cast<int>(options_.in_flight));
  if (!options_.user.empty() || !options_.password.empty()) {
    mosquitto_username_pw_set(handle, options_.user.c_str(),
                              options_.password.empty() ? nullptr : options_.password.c_str());
  }
  const Proxy& proxy = options_.proxy;
  if (!proxy.host.empty()) {
    const auto or_null = [](const std::string& text) {
      return text.empty() ? nullptr : text.c_str();
    };
    mosquitto_socks5_set(handle, route_.proxy.c_str(), proxy.port, or_null(proxy.user),
                         or_null(proxy.password));
  }
  mosquitto_connect_v5_callback_set(handle, &Callbacks::connected);
  mosquitto_subscribe_callback_set(handle, &Callbacks::subscribed);
  mosquitto_publish_v5_callback_set(handle, &Callbacks::published);
  mosquitto_message_v5_callback_set(handle, &Callbacks::received);
  mosquitto_disconnect_v5_callback_set(handle, &Callbacks::disconnected);
  mosquitto_log_callback_set(handle, &Callbacks::logged);
}

/// Certificates are checked, and the host name with them, unless told otherwise; nobody does.
bool Connection::configure_tls() {
  const auto or_null = [](const std::string& path) {
    return path.empty() ? nullptr : path.c_str();
  };
  const TlsFiles& files = options_.tls;
  const char* const system = files.ca.empty() ? "/etc/ssl/certs" : nullptr;
  if (files.ca.empty()) mosquitto_int_option(handle_.get(), MOSQ_OPT_TLS_USE_OS_CERTS, 1);
  return mosquitto_tls_set(handle_.get(), or_null(files.ca), system, or_null(files.certificate),
                           or_null(files.key), nullptr) == MOSQ_ERR_SUCCESS;
}

/// Returns at once; whatever happens is told from the loop.
void Connection::start(const Endpoint& endpoint) {
  if (tls_ && !configure_tls()) {
    return fail_later(Loss::Kind::bad_files, "the TLS certificate files cannot be used");
  }
  const char* const bind = route_.bind.empty() ? nullptr : route_.bind.c_str();
  errno = 0;
  const int code = mosquitto_connect_bind_async(
      handle_.get(), route_.host.c_str(), endpoint.port,
      static_cast<int>(options_.keep_alive / std::chrono::seconds{1}), bind);
  const int error = errno;
  if (code != MOSQ_ERR_SUCCESS) {
    Loss loss = tls_loss();  // a quick server has failed the handshake already
    if (loss.reason.empty()) {
      loss.reason = code == MOSQ_ERR_ERRNO ? errno_text(error) : mosquitto_strerror(code);
    }
    return fail_later(loss.kind, std::move(loss.reason));
  }
  fd_ = mosquitto_socket(handle_.get());
  loop_.watch(fd_, POLLOUT, [this](short revents) { on_ready(revents); });
}

/// connect(2) is over: with what result? A socket that waits for a TLS handshake must not be
/// watched for POLLOUT from here on: the library's wish to write stays set, and we would spin.
bool Connection::finish_tcp() {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    fail(Loss::Kind::unreachable, errno_text(error));
    return false;
  }
  tcp_up_ = true;
  trace_connect();
  set_option(fd_, TCP_USER_TIMEOUT, kTcpUserTimeoutMs);
  return true;
}

void Connection::on_ready(short revents) {
  if (!tcp_up_ && !finish_tcp()) return;
  const bool readable = (revents & (POLLIN | POLLERR | POLLHUP)) != 0;
  int code = MOSQ_ERR_SUCCESS;
  int error = 0;
  errno = 0;
  if (readable && !accepted_) peek();
  // While TLS or a proxy shakes hands, reading is what drives it, whatever the socket is ready for.
  // Else nothing is read that was not looked at.
  const bool shakes_hands = !accepted_ && (tls_ || !options_.proxy.host.empty());
  if (readable || shakes_hands) {
    code = mosquitto_loop_read(handle_.get(), 1);
    error = errno;
    last_in_ = Loop::Clock::now();
  }
  if (code == MOSQ_ERR_SUCCESS && mosquitto_socket(handle_.get()) >= 0 &&
      (!accepted_ || mosquitto_want_write(handle_.get()))) {
    errno = 0;
    code = mosquitto_loop_write(handle_.get(), 1);
    error = errno;
    last_out_ = Loop::Clock::now();
  }
  dispatch();
  if (lost_) return;
  if (code != MOSQ_ERR_SUCCESS || mosquitto_socket(handle_.get()) < 0) {
    return library_failed(code, error);
  }
  if (!accepted_ && (revents & (POLLERR | POLLHUP)) != 0) {
    return library_failed(MOSQ_ERR_CONN_LOST, 0);
  }
  watch_socket();
  if (up_) handlers_.progress();
}

/// What an answer that is no MQTT looks like tells what to mend.
void Connection::peek() {
  if (!first_bytes_.empty()) return;
  std::array<char, 8> bytes{};
  const ssize_t got = ::recv(fd_, bytes.data(), bytes.size(), MSG_PEEK | MSG_DONTWAIT);
  if (got > 0) first_bytes_.assign(bytes.data(), static_cast<std::size_t>(got));
}

void Connection::watch_socket() {
  if (lost_ || fd_ < 0) return;
  const bool write = accepted_ && mosquitto_want_write(handle_.get());
  loop_.set_events(fd_, static_cast<short>(write ? POLLIN | POLLOUT : POLLIN));
}

void Connection::dispatch() {
  // Handlers may publish or close, but the library calls back only when it reads.
  for (std::size_t i = 0; i < events_.size() && !lost_; ++i) {
    const Event& event = events_[i];
    switch (event.kind) {
      case Event::Kind::connack:
        take_connack(event.reason);
        break;
      case Event::Kind::suback:
        take_suback(event);
        break;
      case Event::Kind::acknowledged:
        take_acknowledgement(event.number, event.reason);
        break;
      case Event::Kind::message:
        if (event.number != 0) last_out_ = Loop::Clock::now();  // its PUBACK
        if (options_.trace != nullptr) {
          options_.trace->publish("in", event.number, event.topic, event.payload);
        }
        handlers_.message(event.topic, event.payload);
        break;
    }
  }
  events_.clear();
}

void Connection::take_connack(int reason) {
  answered_ = true;
  trace("in", "CONNACK", ",\"reason\":" + std::to_string(reason));
  server_reason_ = version_ == Version::v311 ? from_version_3(reason) : reason;
  if (reason != 0) return;  // the library ends the connection now
  accepted_ = true;
  if (options_.trace == nullptr) {
    mosquitto_log_callback_set(handle_.get(), nullptr);  // it formats a text for every packet
  }
  std::vector<char*> filters;
  for (const std::string& filter : options_.subscriptions) {
    filters.push_back(const_cast<char*>(filter.c_str()));
  }
  const int options = version_ == Version::v5 ? MQTT_SUB_OPT_NO_LOCAL : 0;
  const int code = mosquitto_subscribe_multiple(handle_.get(), &subscription_id_,
                                                static_cast<int>(filters.size()), filters.data(), 1,
                                                options, nullptr);
  trace_subscribe();
  if (code != MOSQ_ERR_SUCCESS) fail_soon(mosquitto_strerror(code));
}

void Connection::take_suback(const Event& event) {
  trace_suback(event);
  if (up_ || event.number != subscription_id_) return;
  for (std::size_t i = 0; i < event.granted.size() && i < options_.subscriptions.size(); ++i) {
    if (event.granted[i] >= kFirstFailure) {
      welcome_.refused_subscriptions.push_back(options_.subscriptions[i]);
    }
  }
  up_ = true;
  loop_.cancel(connect_timer_);
  last_in_ = last_out_ = Loop::Clock::now();
  keep_alive_timer_ = loop_.at(last_in_ + keep_alive_, [this] { keep_alive(); });
  handlers_.up(welcome_);
}

Result<int> Connection::publish(const std::string& topic, std::string_view payload) {
  if (!std::exchange(corked_, true)) set_option(fd_, TCP_CORK, 1);
  int id = 0;
  errno = 0;
  const int code =
      mosquitto_publish_v5(handle_.get(), &id, topic.c_str(), static_cast<int>(payload.size()),
                           payload.data(), 1, false, nullptr);
  if (code == MOSQ_ERR_OVERSIZE_PACKET || code == MOSQ_ERR_PAYLOAD_SIZE) {
    return Error{"it is larger than the server accepts"};
  }
  if (code == MOSQ_ERR_INVAL || code == MOSQ_ERR_MALFORMED_UTF8) {
    return Error{mosquitto_strerror(code)};
  }
  // The library has queued it. If writing failed, the connection is over and all is sent again.
  if (code != MOSQ_ERR_SUCCESS) {
    note_end(code, errno);
    fail_soon(mosquitto_strerror(code));
  }
  if (options_.trace != nullptr) options_.trace->publish("out", id, topic, payload);
  last_out_ = Loop::Clock::now();
  unacknowledged_.push_back({id, last_out_});
  if (!ack_timer_) {
    ack_timer_ = loop_.at(last_out_ + options_.ack_timeout, [this] { check_acknowledgements(); });
  }
  watch_socket();
  return id;
}

void Connection::flush() {
  if (std::exchange(corked_, false)) set_option(fd_, TCP_CORK, 0);
}

void Connection::take_acknowledgement(int packet_id, int reason) {
  if (options_.trace != nullptr) {
    trace("in", "PUBACK",
          ",\"id\":" + std::to_string(packet_id) + ",\"reason\":" + std::to_string(reason));
  }
  const auto found =
      std::find_if(unacknowledged_.begin(), unacknowledged_.end(),
                   [&](const Unacknowledged& one) { return one.packet_id == packet_id; });
  if (found != unacknowledged_.end()) unacknowledged_.erase(found);
  handlers_.acknowledged(packet_id, version_ == Version::v5 ? reason : 0);
}

/// A PUBACK that is lost while pings are answered would be waited for without end.
void Connection::check_acknowledgements() {
  ack_timer_ = {};
  if (unacknowledged_.empty()) return;
  const Loop::Time due = unacknowledged_.front().sent + options_.ack_timeout;
  if (due <= Loop::Clock::now()) {
    overdue_ = true;
    return fail(Loss::Kind::closed,
                "no acknowledgement within " + format_duration(options_.ack_timeout) +
                    " (ThingsBoard gives none to a device that is not marked \"Is gateway\")");
  }
  ack_timer_ = loop_.at(due, [this] { check_acknowledgements(); });
}

/// The library sends a PINGREQ, or gives up, when it has not written or read anything for the
/// keep-alive time. It counts in whole seconds of the same clock, never later than we do.
void Connection::keep_alive() {
  const Loop::Time now = Loop::Clock::now();
  Loop::Time due = std::min(last_in_, last_out_) + keep_alive_;
  if (due <= now) {
    const int code = mosquitto_loop_misc(handle_.get());
    if (code != MOSQ_ERR_SUCCESS) return library_failed(code, 0);
    last_in_ = last_out_ = now;
    due = now + keep_alive_;
    watch_socket();
  }
  keep_alive_timer_ = loop_.at(due, [this] { keep_alive(); });
}

}  // namespace tbgw::mqtt
