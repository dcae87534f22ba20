// SPDX-License-Identifier: Apache-2.0
#include "mqtt/endpoint.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tbgw::mqtt {
namespace {

std::string parsed(const std::string& url) {
  const auto endpoint = parse_endpoint(url);
  return endpoint ? endpoint->url() : "error: " + endpoint.error().text;
}

TEST(Endpoint, SchemesHaveTheirPorts) {
  EXPECT_EQ(parsed("mqtt://tb.example.com"), "mqtt://tb.example.com:1883");
  EXPECT_EQ(parsed("mqtts://tb.example.com"), "mqtts://tb.example.com:8883");
  EXPECT_EQ(parsed("mqtts://tb.example.com:443/"), "mqtts://tb.example.com:443");
}

TEST(Endpoint, TheSchemeMayBeInCapitals) {
  EXPECT_EQ(parsed("MQTTS://tb.example.com"), "mqtts://tb.example.com:8883");
}

TEST(Endpoint, AHostAloneIsPlainMqtt) {
  EXPECT_EQ(parsed("localhost"), "mqtt://localhost:1883");
  EXPECT_EQ(parsed("10.0.0.5:11883"), "mqtt://10.0.0.5:11883");
}

TEST(Endpoint, Ipv6StandsInBrackets) {
  EXPECT_EQ(parsed("mqtt://[::1]:1884"), "mqtt://[::1]:1884");
  EXPECT_EQ(parsed("[fe80::1]"), "mqtt://[fe80::1]:1883");
  EXPECT_EQ(parsed("mqtt://[::1"), "error: a '[' without ']'");
  EXPECT_EQ(parsed("mqtt://[::1]x"), "error: something behind the host that is no port");
}

TEST(Endpoint, SecretsInTheUrlAreRefused) {
  const std::string refused = "error: a user name, password or token does not belong into the URL";
  EXPECT_EQ(parsed("mqtt://token@tb.example.com"), refused);
  EXPECT_EQ(parsed("mqtts://user:password@tb.example.com:8883"), refused);
  EXPECT_EQ(parsed("token@host"), refused);
}

TEST(Endpoint, WhatIsNoUrlSaysWhy) {
  EXPECT_EQ(parsed("http://x"), "error: the scheme 'http' is neither mqtt nor mqtts");
  EXPECT_EQ(parsed("mqtt://"), "error: the host is missing");
  EXPECT_EQ(parsed(""), "error: the host is missing");
  EXPECT_EQ(parsed("mqtt://x:"), "error: the port '' is no number from 1 to 65535");
  EXPECT_EQ(parsed("mqtt://x:70000"), "error: the port '70000' is no number from 1 to 65535");
  EXPECT_EQ(parsed("mqtt://x:18b"), "error: the port '18b' is no number from 1 to 65535");
  EXPECT_EQ(parsed("mqtt://x/path"), "error: nothing can stand behind the host and the port");
  EXPECT_EQ(parsed("mqtt://x:1883/path"), "error: nothing can stand behind the host and the port");
  EXPECT_EQ(parsed("::1"), "error: an IPv6 address stands in brackets, as in mqtt://[::1]:1883");
}

std::vector<Address> addresses(const std::vector<const char*>& texts) {
  std::vector<Address> out;
  for (const char* const text : texts) {
    Resolver resolver;
    const auto found = resolver.start(text, 8883, SOCK_STREAM, false);
    if (found) out.insert(out.end(), found->begin(), found->end());
  }
  return out;
}

TEST(Routes, WithTlsTheNameIsKeptForTheCertificate) {
  const auto routes =
      routes_to({"tb.example", 8883, true}, {}, addresses({"::1", "192.0.2.7", "192.0.2.8"}));
  ASSERT_EQ(routes.size(), 2U);  // one for each family: the library looks the name up again
  for (const Route& route : routes)
    EXPECT_EQ(route.host, "tb.example");
  EXPECT_EQ(routes[0].bind, "::");
  EXPECT_EQ(routes[1].bind, "0.0.0.0");
}

TEST(Routes, WithoutTlsEachAddressIsOne) {
  const auto routes =
      routes_to({"tb.example", 1883, false}, {}, addresses({"192.0.2.7", "::1", "192.0.2.7"}));
  ASSERT_EQ(routes.size(), 2U);
  EXPECT_EQ(routes[0].host, "192.0.2.7");
  EXPECT_EQ(routes[1].host, "::1");
  EXPECT_EQ(routes[0].bind, "");
}

TEST(Routes, ThroughAProxyTheNameIsLeftToIt) {
  const auto routes = routes_to({"tb.example", 8883, true}, {"proxy", 1080, "", ""},
                                addresses({"192.0.2.1", "192.0.2.2"}));
  ASSERT_EQ(routes.size(), 2U);
  EXPECT_EQ(routes[1].host, "tb.example");
  EXPECT_EQ(routes[1].proxy, "192.0.2.2");
  EXPECT_EQ(routes[1].shown, "tb.example through proxy");
}

}  // namespace
}  // namespace tbgw::mqtt
