// SPDX-License-Identifier: Apache-2.0
#include "mqtt/credentials.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "core/status.hpp"

namespace tbgw::mqtt {
namespace {

class Credentials : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "tbgw-unit.XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name, const std::string& text) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
  static Status status_of(const std::string& path) {
    try {
      read_secret(path);
    } catch (const Fatal& fatal) {
      return fatal.status;
    }
    return Status::ok;
  }

  std::string folder_;
};

TEST_F(Credentials, ANewlineBehindTheTokenIsNoPartOfIt) {
  EXPECT_EQ(read_secret(file("a", "secret\n")), "secret");
  EXPECT_EQ(read_secret(file("b", "secret\r\n")), "secret");
  EXPECT_EQ(read_secret(file("c", "two words")), "two words");
}

TEST_F(Credentials, WhatIsNoTokenIsAConfigurationError) {
  EXPECT_EQ(status_of(file("empty", "\n")), Status::config);
  EXPECT_EQ(status_of(file("lines", "a\nb\n")), Status::config);
  EXPECT_EQ(status_of(file("bytes", "\xff\xfe")), Status::config);
  EXPECT_EQ(status_of(folder_ + "/missing"), Status::no_input);
}

TEST_F(Credentials, AStoredLoginIsForItsOwnerOnlyAndComesBack) {
  const std::string path = folder_ + "/config/tbgw/push.json";
  EXPECT_FALSE(load_login(path).has_value());
  store_login(path, {"mqtt://x:1883", "se\"cret"});
  store_login(path, {"mqtts://y:8883", "se\"cret"});
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_FALSE(is_readable_by_others(path));
  const auto login = load_login(path);
  ASSERT_TRUE(login.has_value());
  EXPECT_EQ(login->url, "mqtts://y:8883");
  EXPECT_EQ(login->token, "se\"cret");
}

TEST_F(Credentials, ADamagedLoginIsNotIgnored) {
  EXPECT_THROW(load_login(file("push.json", "{\"url\":5}")), Fatal);
  EXPECT_THROW(load_login(file("push.json", "{")), Fatal);
}

}  // namespace
}  // namespace tbgw::mqtt
