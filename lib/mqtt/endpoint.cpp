// SPDX-License-Identifier: Apache-2.0
#include "mqtt/endpoint.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "core/number.hpp"
#include "core/text.hpp"

namespace tbgw::mqtt {
namespace {

std::string lower_case(std::string_view text) {
  std::string out{text};
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

/// "host:port", "[v6]:port" or either without port.
Result<Endpoint> parse_host(std::string_view text, Endpoint endpoint) {
  std::string_view host = text;
  std::string_view port;
  if (!text.empty() && text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return Error{"a '[' without ']'"};
    host = text.substr(1, close - 1);
    port = text.substr(close + 1);
  } else if (std::count(text.begin(), text.end(), ':') > 1) {
    return Error{"an IPv6 address stands in brackets, as in mqtt://[::1]:1883"};
  } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon);
  }
  if (!port.empty()) {
    if (port.front() != ':') return Error{"something behind the host that is no port"};
    const auto number = parse_integer(port.substr(1), 1, 65535);
    if (!number)
      return Error{"the port " + in_quotes(port.substr(1)) + " is no number from 1 to 65535"};
    endpoint.port = static_cast<std::uint16_t>(*number);
  }
  if (host.empty()) return Error{"the host is missing"};
  if (host.find_first_of(" \t/?#\\\"'") != std::string_view::npos) {
    return Error{"a host cannot be " + in_quotes(host)};
  }
  endpoint.host = host;
  return endpoint;
}

}  // namespace

std::string Endpoint::url() const {
  const bool v6 = host.find(':') != std::string::npos;
  return std::string{tls ? "mqtts://" : "mqtt://"} + (v6 ? "[" + host + "]" : host) + ":" +
         std::to_string(port);
}

Result<Endpoint> parse_endpoint(std::string_view url) {
  Endpoint endpoint;
  std::string_view rest = url;
  if (const std::size_t end = url.find("://"); end != std::string_view::npos) {
    const std::string scheme = lower_case(url.substr(0, end));
    rest = url.substr(end + 3);
    if (scheme == "mqtts") {
      endpoint.tls = true;
      endpoint.port = 8883;
    } else if (scheme != "mqtt") {
      return Error{"the scheme " + in_quotes(scheme) + " is neither mqtt nor mqtts"};
    }
  }
  if (rest.find('@') != std::string_view::npos) {
    return Error{"a user name, password or token does not belong into the URL"};
  }
  if (!rest.empty() && rest.back() == '/') rest.remove_suffix(1);
  if (rest.find('/') != std::string_view::npos) {
    return Error{"nothing can stand behind the host and the port"};
  }
  return parse_host(rest, endpoint);
}

Result<Proxy> parse_proxy(std::string_view url) {
  const std::size_t end = url.find("://");
  const std::string scheme = lower_case(url.substr(0, end));
  if (end == std::string_view::npos || (scheme != "socks5" && scheme != "socks5h")) {
    return Error{"must be socks5://HOST[:PORT]; other kinds of proxies are not supported"};
  }
  std::string_view rest = url.substr(end + 3);
  if (rest.find('@') != std::string_view::npos) {
    return Error{"a user name or password does not belong into the URL: see --proxy-user-file"};
  }
  if (!rest.empty() && rest.back() == '/') rest.remove_suffix(1);
  Endpoint endpoint;
  endpoint.port = 1080;
  const auto parsed = parse_host(rest, endpoint);
  if (!parsed) return parsed.error();
  return Proxy{parsed->host, parsed->port, "", ""};
}

std::vector<Route> routes_to(const Endpoint& endpoint, const Proxy& proxy,
                             const std::vector<Address>& addresses) {
  std::vector<Route> routes;
  for (const Address& at : addresses) {
    std::array<char, NI_MAXHOST> text{};
    if (::getnameinfo(at.get(), at.size, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) !=
        0) {
      continue;
    }
    Route route{text.data(), "", "", text.data()};
    if (!proxy.host.empty()) {
      route = {endpoint.host, "", text.data(), endpoint.host + " through " + proxy.host};
    } else if (endpoint.tls && route.host != endpoint.host) {
      route = {endpoint.host, at.family == AF_INET6 ? "::" : "0.0.0.0", "", text.data()};
    }
    const auto same = [&](const Route& other) {
      return other.host == route.host && other.bind == route.bind && other.proxy == route.proxy;
    };
    if (std::none_of(routes.begin(), routes.end(), same)) routes.push_back(std::move(route));
  }
  return routes;
}

}  // namespace tbgw::mqtt
