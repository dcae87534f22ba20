// SPDX-License-Identifier: Apache-2.0
// What --trace sees of a connection besides its messages.
#include <string>

#include "core/text.hpp"
#include "mqtt/connection.hpp"
#include "mqtt/trace.hpp"

namespace tbgw::mqtt {
namespace {

template <class List, class Print>
std::string json_list(const List& list, Print print) {
  std::string out = "[";
  for (const auto& element : list)
    out.append(out.size() > 1 ? "," : "").append(print(element));
  return out + "]";
}

}  // namespace

void Connection::trace(std::string_view way, std::string_view packet,
                       const std::string& members) const {
  if (options_.trace != nullptr) options_.trace->packet(way, packet, members);
}

void Connection::trace_connect() const {
  if (options_.trace == nullptr) return;
  std::string members = ",\"to\":" + json_string(route_.shown) +
                        ",\"port\":" + std::to_string(port_) +
                        ",\"tls\":" + (tls_ ? "true" : "false") + ",\"version\":\"" +
                        (version_ == Version::v5 ? "5" : "3.1.1") +
                        "\",\"clientId\":" + json_string(options_.client_id);
  if (!options_.user.empty()) members += ",\"user\":\"(hidden)\"";
  if (!options_.password.empty()) members += ",\"password\":\"(hidden)\"";
  trace("out", "CONNECT", members);
}

void Connection::trace_subscribe() const {
  trace("out", "SUBSCRIBE",
        ",\"id\":" + std::to_string(subscription_id_) +
            ",\"filters\":" + json_list(options_.subscriptions, [](const auto& filter) {
              return json_string(filter);
            }));
}

void Connection::trace_suback(const Event& event) const {
  trace("in", "SUBACK",
        ",\"id\":" + std::to_string(event.number) + ",\"granted\":" +
            json_list(event.granted, [](int code) { return std::to_string(code); }));
}

}  // namespace tbgw::mqtt
