// SPDX-License-Identifier: Apache-2.0
#include "mqtt/port_hint.hpp"

namespace tbgw::mqtt {
namespace {

constexpr std::uint16_t kTlsPort = 8883;

bool starts_with(std::string_view text, std::string_view with) {
  return text.substr(0, with.size()) == with;
}

/// A TLS record: its kind (alert 21, handshake 22), then version 3.x (RFC 8446, section 5.1).
bool is_tls(std::string_view bytes) {
  return bytes.size() >= 2 && (bytes[0] == '\x15' || bytes[0] == '\x16') && bytes[1] == '\x03';
}

}  // namespace

std::string port_hint(bool tls, std::uint16_t port, std::string_view first) {
  if (starts_with(first, "HTTP/")) {
    return "this port speaks HTTP: that of MQTT is 1883, or 8883 with TLS (mqtts://)";
  }
  if (starts_with(first, "SSH-")) return "this port speaks SSH";
  if (is_tls(first)) return tls ? "" : "this port wants TLS: the URL begins with mqtts://";
  if (!first.empty()) {
    return tls ? "this port speaks no TLS: plain MQTT has a URL that begins with mqtt://" : "";
  }
  if (tls) return "is this the port for TLS? That of ThingsBoard is 8883";
  if (port == kTlsPort) return "is this a port for TLS? Then the URL begins with mqtts://";
  if (port == 80 || port == 443 || port == 8080 || port == 9090) {
    return "the port of MQTT is 1883, or 8883 with TLS (mqtts://)";
  }
  return "";
}

}  // namespace tbgw::mqtt
