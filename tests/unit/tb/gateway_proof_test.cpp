// SPDX-License-Identifier: Apache-2.0
#include "tb/gateway_proof.hpp"

#include <gtest/gtest.h>

namespace tbgw::tb {
namespace {

TEST(GatewayProof, ThePlatformSaysIt) {
  GatewayProof proof;
  SessionLimits limits;
  proof.limits(limits);
  EXPECT_TRUE(proof.is_plain());
  limits.gateway = RateLimits{};
  proof.limits(limits);
  EXPECT_FALSE(proof.is_plain());
  EXPECT_TRUE(proof.was_gateway());
}

TEST(GatewayProof, OneSilentConnectionIsNoProofTwoAre) {
  GatewayProof proof;
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(proof.is_plain());
    proof.acknowledged("v1/devices/me/rpc/request/1");
    proof.connection_lost(true);
  }
  EXPECT_TRUE(proof.is_plain());
}

TEST(GatewayProof, AServerThatAcknowledgesNothingAtAllIsOnlySlow) {
  GatewayProof proof;
  for (int i = 0; i < 5; ++i)
    proof.connection_lost(true);
  EXPECT_FALSE(proof.is_plain());
}

TEST(GatewayProof, OneAcknowledgementForADeviceBehindItIsEnough) {
  GatewayProof proof;
  proof.acknowledged("v1/gateway/connect");
  for (int i = 0; i < 5; ++i) {
    proof.acknowledged("v1/devices/me/telemetry");
    proof.acknowledged("v1/gateway/telemetry");
    proof.connection_lost(true);
  }
  EXPECT_FALSE(proof.is_plain());
  EXPECT_TRUE(proof.was_gateway());
}

TEST(GatewayProof, ALostNetworkProvesNothing) {
  GatewayProof proof;
  for (int i = 0; i < 5; ++i) {
    proof.acknowledged("v1/devices/me/telemetry");
    proof.connection_lost(false);
  }
  EXPECT_FALSE(proof.is_plain());
}

}  // namespace
}  // namespace tbgw::tb
