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

TEST(Routes, WithTlsTheNameIsKeptForTheCertificate) {
  const auto routes = find_routes({"localhost", 8883, true});
  ASSERT_TRUE(routes);
  for (const Route& route : *routes) {
    EXPECT_EQ(route.host, "localhost");
    EXPECT_TRUE(route.bind == "::" || route.bind == "0.0.0.0") << route.bind;
  }
}

TEST(Routes, WithoutTlsEachAddressIsOne) {
  const auto routes = find_routes({"127.0.0.1", 1883, false});
  ASSERT_TRUE(routes);
  ASSERT_EQ(routes->size(), 1U);
  EXPECT_EQ(routes->front().host, "127.0.0.1");
  EXPECT_EQ(routes->front().bind, "");
}

TEST(Routes, AnUnknownNameIsAnErrorWithTheName) {
  const auto routes = find_routes({"no-such-host.invalid", 1883, false});
  ASSERT_FALSE(routes);
  EXPECT_EQ(routes.error().text.rfind("cannot look up no-such-host.invalid: ", 0), 0U);
}

}  // namespace
}  // namespace tbgw::mqtt
