// SPDX-License-Identifier: Apache-2.0
#include "mqtt/tls_trouble.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tbgw::mqtt {
namespace {

TlsTrouble look(const std::vector<std::string>& errors) {
  return look_at_tls(nullptr, errors, "tb.example.com");
}

TEST(TlsTrouble, AWrongHostNameIsNamed) {
  const auto trouble =
      look({"Error: host name verification failed.",
            "OpenSSL Error[0]: error:0A000086:SSL routines::certificate verify failed"});
  EXPECT_TRUE(trouble.refused);
  EXPECT_EQ(trouble.text, "the server's certificate is not for tb.example.com");
}

TEST(TlsTrouble, AnUntrustedCertificateIsRefused) {
  const auto trouble =
      look({"OpenSSL Error[0]: error:0A000086:SSL routines::certificate verify failed"});
  EXPECT_TRUE(trouble.refused);
  EXPECT_EQ(trouble.text, "the server's certificate is not trusted");
}

TEST(TlsTrouble, APlainPortIsRecognised) {
  const auto trouble =
      look({"OpenSSL Error[0]: error:0A00010B:SSL routines::wrong version number"});
  EXPECT_TRUE(trouble.refused);
  EXPECT_EQ(trouble.text, "TLS: wrong version number");
}

TEST(TlsTrouble, AServerThatWantsAClientCertificateSaysSo) {
  const auto trouble =
      look({"OpenSSL Error[0]: error:0A00045C:SSL routines::tlsv13 alert certificate required"});
  EXPECT_TRUE(trouble.refused);
  EXPECT_EQ(trouble.text, "TLS: tlsv13 alert certificate required");
}

TEST(TlsTrouble, AServerThatGoesAwayInTheMiddleIsTriedAgain) {
  const auto trouble =
      look({"OpenSSL Error[0]: error:0A000126:SSL routines::unexpected eof while reading"});
  EXPECT_FALSE(trouble.refused);
  EXPECT_FALSE(trouble.bad_files);
  EXPECT_EQ(trouble.text, "TLS: unexpected eof while reading");
}

TEST(TlsTrouble, FilesThatCannotBeUsedAreOurOwnFault) {
  const auto trouble = look({"Error: Unable to load CA certificates, check cafile \"x\"."});
  EXPECT_TRUE(trouble.bad_files);
}

TEST(TlsTrouble, NoErrorIsNoTrouble) {
  EXPECT_EQ(look({}).text, "");
}

}  // namespace
}  // namespace tbgw::mqtt
