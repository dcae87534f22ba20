// SPDX-License-Identifier: Apache-2.0
#include "tb/provision.hpp"

#include <gtest/gtest.h>

namespace tbgw::tb {
namespace {

TEST(Provision, TheRequestHoldsWhatItsTypeWants) {
  ProvisionRequest request{"K", "S", "Gateway 7", std::string{kAccessToken}, true, "T", "C",
                           "U", "P", "PEM"};
  EXPECT_EQ(provision_payload(request),
            R"({"deviceName":"Gateway 7","provisionDeviceKey":"K","provisionDeviceSecret":"S",)"
            R"("gateway":true,"credentialsType":"ACCESS_TOKEN","token":"T"})");
  request.type = kMqttBasic;
  request.device.clear();
  request.gateway = false;
  EXPECT_EQ(provision_payload(request),
            R"({"provisionDeviceKey":"K","provisionDeviceSecret":"S",)"
            R"("credentialsType":"MQTT_BASIC","clientId":"C","username":"U","password":"P"})");
  request.type = kX509;
  EXPECT_EQ(provision_payload(request), R"({"provisionDeviceKey":"K","provisionDeviceSecret":"S",)"
                                        R"("credentialsType":"X509_CERTIFICATE","hash":"PEM"})");
}

TEST(Provision, UserAndPasswordAreMadeUpWhereTheyAreMissing) {
  ProvisionRequest request;
  request.type = kMqttBasic;
  complete(request, "abcdef");
  EXPECT_EQ(request.user, "abc");
  EXPECT_EQ(request.password, "def");
  request.user = "mine";
  complete(request, "uvwxyz");
  EXPECT_EQ(request.user, "mine");
  EXPECT_EQ(request.password, "def");
}

TEST(Provision, WhatIsKeptReadsBack) {
  for (const Provisioned& credentials : {Provisioned{std::string{kAccessToken}, "", "token", ""},
                                         Provisioned{std::string{kMqttBasic}, "c", "u", "p"},
                                         Provisioned{std::string{kMqttBasic}, "", "u", "p"},
                                         Provisioned{std::string{kX509}, "", "", ""}}) {
    const auto again = parse_provision_answer(as_answer(credentials));
    ASSERT_TRUE(again) << credentials.type;
    EXPECT_EQ(*again, credentials);
  }
}

TEST(Provision, ARefusalSaysWhatThePlatformSaid) {
  const auto refused = parse_provision_answer(R"({"status":"FAILURE","errorMsg":"no"})");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().text, "the platform refuses to provision the device: no");
}

TEST(Provision, AnAnswerWithoutCredentialsIsNone) {
  for (const char* answer :
       {"", "[]", "{}", R"({"status":"SUCCESS"})",
        R"({"status":"SUCCESS","credentialsType":"ACCESS_TOKEN","credentialsValue":""})",
        R"({"status":"SUCCESS","credentialsType":"MQTT_BASIC","credentialsValue":"x"})"}) {
    EXPECT_FALSE(parse_provision_answer(answer)) << answer;
  }
}

}  // namespace
}  // namespace tbgw::tb
