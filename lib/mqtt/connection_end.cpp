// SPDX-License-Identifier: Apache-2.0
// How a connection ends, and what that is called.
#include <mosquitto.h>

#include <cerrno>
#include <utility>

#include "core/status.hpp"
#include "mqtt/connection.hpp"
#include "mqtt/port_hint.hpp"
#include "mqtt/reason.hpp"
#include "mqtt/tls_trouble.hpp"

namespace tbgw::mqtt {

void Connection::library_failed(int code, int error) {
  std::string reason;
  switch (code) {
    case MOSQ_ERR_SUCCESS:
    case MOSQ_ERR_CONN_LOST:
      reason = "the server closed the connection";
      break;
    case MOSQ_ERR_ERRNO:
      reason = errno_text(error);
      break;
    case MOSQ_ERR_KEEPALIVE:
      reason = "the server does not answer";
      break;
    default:
      reason = mosquitto_strerror(code);
  }
  if (server_reason_ != 0) reason = reason_text(server_reason_);
  if (accepted_) {
    note_end(code, error);
    return fail(server_reason_ == kSessionTakenOver ? Loss::Kind::evicted : Loss::Kind::closed,
                reason);
  }
  if (answered_) return fail(refusal(server_reason_), reason);
  if (Loss loss = tls_loss(); !loss.reason.empty()) return fail(loss.kind, std::move(loss.reason));
  if (code == MOSQ_ERR_SUCCESS || code == MOSQ_ERR_CONN_LOST) {
    reason = "the server closed the connection without an answer";
  }
  const std::string hint = port_hint(tls_, port_, first_bytes_);
  if (!hint.empty()) reason += "; " + hint;
  // Some servers hang up on a version they do not know instead of saying so.
  fail(version_ == Version::v5 ? Loss::Kind::version : Loss::Kind::unreachable, reason);
}

/// Whose fault the end of a good connection may be.
void Connection::note_end(int code, int error) {
  unexplained_ = server_reason_ == 0 && code != MOSQ_ERR_KEEPALIVE;
  const bool hung_up = code == MOSQ_ERR_SUCCESS || code == MOSQ_ERR_CONN_LOST ||
                       (code == MOSQ_ERR_ERRNO && (error == ECONNRESET || error == EPIPE));
  over_a_message_ = server_reason_ == 0 ? hung_up : is_about_a_message(server_reason_);
}

/// What TLS has to do with the end of an attempt; no reason = nothing.
Loss Connection::tls_loss() const {
  Loss loss;
  if (!tls_) return loss;
  const TlsTrouble trouble =
      look_at_tls(mosquitto_ssl_get(handle_.get()), library_errors_, route_.host);
  if (trouble.bad_files) loss.kind = Loss::Kind::bad_files;
  if (trouble.refused) loss.kind = Loss::Kind::untrusted;
  loss.reason = trouble.text;
  // The library may have been quicker than our look at what came.
  const std::string first = first_bytes_.empty() && trouble.no_tls ? "?" : first_bytes_;
  const std::string hint = port_hint(tls_, port_, first);
  if ((trouble.no_tls || trouble.hung_up) && !hint.empty()) loss.reason += "; " + hint;
  return loss;
}

/// What a CONNACK that says no means for the next attempt.
Loss::Kind Connection::refusal(int reason) {
  constexpr int kBadClientId = 0x85;
  constexpr int kBadMethod = 0x8C;
  switch (reason) {
    case kUnsupportedProtocol:
      return Loss::Kind::version;
    case kBadClientId:
    case kBadCredentials:
    case kNotAuthorized:
    case kBadMethod:
      return Loss::Kind::refused;
    default:
      return Loss::Kind::unreachable;
  }
}

void Connection::fail_soon(std::string reason) {
  fail_later(Loss::Kind::closed, std::move(reason));
}

void Connection::fail_later(Loss::Kind kind, std::string reason) {
  if (fail_timer_ || lost_) return;
  fail_timer_ = loop_.after(Loop::Duration{0}, [this, kind, reason] { fail(kind, reason); });
}

void Connection::fail(Loss::Kind kind, std::string reason) {
  if (lost_) return;
  const Loss loss{kind, std::move(reason), up_, unexplained_, over_a_message_, overdue_};
  stop();
  handlers_.lost(loss);
}

void Connection::close() {
  if (up_ && !lost_) {
    mosquitto_disconnect(handle_.get());
    trace("out", "DISCONNECT");
  }
  stop();
}

void Connection::stop() {
  lost_ = true;
  up_ = false;
  if (fd_ >= 0) loop_.forget(fd_);
  fd_ = -1;
  for (Loop::Timer* const timer :
       {&connect_timer_, &keep_alive_timer_, &ack_timer_, &fail_timer_}) {
    loop_.cancel(*timer);
  }
  handle_.reset();
}

std::string library_version() {
  int major = 0;
  int minor = 0;
  int revision = 0;
  mosquitto_lib_version(&major, &minor, &revision);
  return "libmosquitto " + std::to_string(major) + "." + std::to_string(minor) + "." +
         std::to_string(revision);
}

}  // namespace tbgw::mqtt
