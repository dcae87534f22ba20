// SPDX-License-Identifier: Apache-2.0
#include "core/resolver.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include <chrono>

namespace tbgw {
namespace {

/// Waits for the answer of a resolver that had to ask.
Result<std::optional<std::vector<Address>>> answer_of(Resolver& resolver) {
  for (;;) {
    pollfd polled{resolver.fd(), POLLIN, 0};
    if (::poll(&polled, 1, 10000) != 1) return Error{"no answer in time"};
    auto answer = resolver.take();
    if (!answer || *answer) return answer;
  }
}

TEST(Resolver, AnAddressIsNotAskedFor) {
  Resolver resolver([](const char*, const char*, const addrinfo*, addrinfo**) { return EAI_FAIL; });
  const auto found = resolver.start("127.0.0.1", 502, SOCK_STREAM, false);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ(found->front().family, AF_INET);
  EXPECT_EQ(ntohs(reinterpret_cast<const sockaddr_in*>(found->front().get())->sin_port), 502);
  EXPECT_EQ(resolver.fd(), -1);
}

TEST(Resolver, ANameIsAskedForInAChild) {
  Resolver resolver;
  const auto found = resolver.start("localhost", 1502, SOCK_STREAM, false);
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->empty());
  const auto answer = answer_of(resolver);
  ASSERT_TRUE(answer) << answer.error().text;
  ASSERT_FALSE((*answer)->empty());
  EXPECT_EQ((*answer)->front().type, SOCK_STREAM);
  EXPECT_EQ(resolver.fd(), -1);
}

TEST(Resolver, WhyThereIsNoAddressIsSaid) {
  Resolver resolver(
      [](const char*, const char*, const addrinfo*, addrinfo**) { return EAI_NONAME; });
  ASSERT_TRUE(resolver.start("no.such.host", 502, SOCK_STREAM, false));
  const auto answer = answer_of(resolver);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().text, ::gai_strerror(EAI_NONAME));
}

TEST(Resolver, ADeadNameServerStopsNobodyAndNothingStaysBehind) {
  const auto begin = std::chrono::steady_clock::now();
  {
    Resolver resolver([](const char*, const char*, const addrinfo*, addrinfo**) {
      ::sleep(60);
      return EAI_AGAIN;
    });
    ASSERT_TRUE(resolver.start("slow.host", 502, SOCK_STREAM, false));
    const auto answer = resolver.take();
    ASSERT_TRUE(answer);
    EXPECT_FALSE(*answer);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{20});
}

TEST(Resolver, AChildThatDiesIsAnError) {
  Resolver resolver(
      [](const char*, const char*, const addrinfo*, addrinfo**) -> int { ::_exit(3); });
  ASSERT_TRUE(resolver.start("some.host", 502, SOCK_STREAM, false));
  EXPECT_FALSE(answer_of(resolver));
}

}  // namespace
}  // namespace tbgw
