// SPDX-License-Identifier: Apache-2.0
#include "mqtt/session.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <csignal>
#include <random>
#include <utility>

#include "core/number.hpp"

namespace tbgw::mqtt {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstDelay{1000};
constexpr milliseconds kLongestDelay{60'000};
// What a person must mend is not mended in a second; and servers block who asks too often.
constexpr milliseconds kLeastRefusalDelay{60'000};
constexpr milliseconds kLongestRefusalDelay{600'000};
/// A connection that lived this long was a good one.
constexpr std::chrono::seconds kGood{10};
/// After a shorter one on which data were acknowledged: on a bad network that is all there is, and
/// two clients that throw each other out must not do so without a pause.
constexpr milliseconds kLongestOfProgress{4000};
constexpr int kManyShort = 3;

bool needs_a_person(Loss::Kind kind) {
  return kind == Loss::Kind::refused || kind == Loss::Kind::untrusted ||
         kind == Loss::Kind::bad_files;
}

}  // namespace

Session::Session(Loop& loop, SessionOptions options, SessionHandlers handlers)
    : loop_(loop),
      options_(std::move(options)),
      handlers_(std::move(handlers)),
      version_(options_.try_v5 ? Version::v5 : Version::v311),
      backoff_(kFirstDelay, kLongestDelay, std::random_device{}()) {
  // Writing to a socket whose peer is gone must be an error, not the end. libmosquitto 2.0.11 does
  // the same behind our back, later ones do not.
  std::signal(SIGPIPE, SIG_IGN);
  if (options_.connection.client_id.empty()) {
    // The same for the life of the process: a broker then ends our old connection by itself.
    options_.connection.client_id = "tbgw-" + std::to_string(std::random_device{}());
  }
  connection_handlers_.up = [this](const Welcome& welcome) { connected(welcome); };
  connection_handlers_.lost = [this](const Loss& loss) { lost(loss); };
  connection_handlers_.acknowledged = [this](int id, int reason) {
    handlers_.acknowledged(id, reason);
  };
  connection_handlers_.message = [this](std::string_view topic, std::string_view payload) {
    handlers_.message(topic, payload);
  };
  connection_handlers_.progress = [this] { handlers_.progress(); };
}

Session::~Session() {
  stop();
}

void Session::start() {
  down_since_ = Loop::Clock::now();
  schedule(milliseconds{0});
}

void Session::stop() {
  stop_looking();
  if (connection_) connection_->close();
  connection_.reset();
}

Result<int> Session::publish(const std::string& topic, std::string_view payload) {
  return connection_->publish(topic, payload);
}

void Session::flush() {
  if (connection_) connection_->flush();
}

void Session::hurry() {
  backoff_.reset();
  short_lived_ = 0;
}

void Session::restart(std::string reason) {
  if (is_up()) connection_->fail_soon(std::move(reason));
}

void Session::schedule(milliseconds delay) {
  loop_.cancel(timer_);
  timer_ = loop_.after(delay, [this] { attempt(); });
}

void Session::attempt() {
  timer_ = {};
  connection_.reset();
  if (route_ >= routes_.size()) return look_up();
  connection_ = std::make_unique<Connection>(loop_, routes_[route_], options_.endpoints[endpoint_],
                                             version_, options_.connection, connection_handlers_);
}

const std::string& Session::host_to_look_up() const {
  const Proxy& proxy = options_.connection.proxy;
  return proxy.host.empty() ? options_.endpoints[endpoint_].host : proxy.host;
}

/// A name server that does not answer must not stop the loop.
void Session::look_up() {
  routes_.clear();
  route_ = 0;
  const auto known =
      resolver_.start(host_to_look_up(), options_.endpoints[endpoint_].port, SOCK_STREAM, false);
  if (!known) return not_found(known.error().text);
  if (!known->empty()) return found(*known);
  loop_.watch(resolver_.fd(), POLLIN, [this](short) { take_addresses(); });
  const milliseconds patience = options_.connection.connect_timeout;
  timer_ = loop_.after(
      patience, [this, patience] { not_found("no answer within " + format_duration(patience)); });
}

void Session::take_addresses() {
  const int fd = resolver_.fd();
  const auto addresses = resolver_.take();
  if (addresses && !*addresses) return;
  loop_.forget(fd);
  if (!addresses) return not_found(addresses.error().text);
  found(**addresses);
}

void Session::found(const std::vector<Address>& addresses) {
  stop_looking();
  routes_ = routes_to(options_.endpoints[endpoint_], options_.connection.proxy, addresses);
  if (routes_.empty()) return not_found("it has no address");
  attempt();
}

void Session::not_found(const std::string& why) {
  stop_looking();
  lost({Loss::Kind::unreachable, "cannot look up " + host_to_look_up() + ": " + why});
}

void Session::stop_looking() {
  loop_.cancel(timer_);
  if (resolver_.fd() >= 0) loop_.forget(resolver_.fd());
  resolver_.cancel();
}

void Session::connected(const Welcome& welcome) {
  up_since_ = Loop::Clock::now();
  version_known_ = true;
  has_progress_ = false;
  ++connections_;
  hopeless_ = true;
  Up up{url(), version_, welcome, milliseconds{0}};
  if (was_down_) up.outage = std::chrono::ceil<milliseconds>(up_since_ - down_since_);
  was_down_ = false;
  handlers_.up(up);
}

void Session::lost(const Loss& loss) {
  const Loop::Time now = Loop::Clock::now();
  if (loss.was_up) {
    down_since_ = now;
    const bool good = now - up_since_ >= kGood;
    if (good) {
      backoff_.reset();
    } else if (has_progress_ && loss.kind != Loss::Kind::evicted) {
      backoff_.limit_to(kLongestOfProgress);
    }
    short_lived_ = loss.unexplained && !good ? short_lived_ + 1 : 0;
  } else if (next_at_once(loss)) {
    return schedule(milliseconds{0});
  }
  const milliseconds delay = needs_a_person(loss.kind)
                                 ? backoff_.between(kLeastRefusalDelay, kLongestRefusalDelay)
                                 : backoff_.next();
  schedule(delay);
  report(loss, delay);
  routes_.clear();
  route_ = endpoint_ = 0;
  hopeless_ = true;
}

/// Whether there is another way to try before this counts as a failure.
bool Session::next_at_once(const Loss& loss) {
  if (loss.kind == Loss::Kind::version && !version_known_ && version_ == Version::v5 &&
      options_.try_v311) {
    version_ = Version::v311;
    return true;
  }
  if (!version_known_ && options_.try_v5) version_ = Version::v5;
  ++route_;
  if (loss.kind == Loss::Kind::unreachable && route_ < routes_.size()) return true;
  hopeless_ = hopeless_ && needs_a_person(loss.kind);
  if (endpoint_ + 1 == options_.endpoints.size()) return false;
  ++endpoint_;
  routes_.clear();
  route_ = 0;
  return true;
}

void Session::report(const Loss& loss, milliseconds retry_in) {
  Down down;
  down.url = url();
  down.loss = loss;
  down.news = !was_down_;
  down.never_up = connections_ == 0;
  down.hopeless = !loss.was_up && hopeless_;
  down.short_lived = short_lived_ >= kManyShort;
  down.retry_in = retry_in;
  was_down_ = true;
  handlers_.down(down);
}

}  // namespace tbgw::mqtt
