// SPDX-License-Identifier: Apache-2.0
#include "core/app.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace tbgw {
namespace {

struct Options {
  CommonOptions common;
  std::chrono::milliseconds linger{20};
  std::uint64_t memory = std::uint64_t{16} << 20;
  std::vector<std::string> words;
  std::string name = "default";
  bool strict = false;
};

class CommandLine : public testing::Test {
 protected:
  CommandLine() : folder_("/tmp/tbgw-app-test.XXXXXX") {
    EXPECT_NE(::mkdtemp(folder_.data()), nullptr);
    path_ = folder_ + "/options.toml";
  }
  ~CommandLine() override {
    ::unlink(path_.c_str());
    ::rmdir(folder_.c_str());
    ::unsetenv("TBGW_TEST_NAME");
  }

  std::string config(const std::string& text) {
    std::ofstream(path_) << text;
    return path_;
  }

  /// Parses; "" or the message of what was thrown.
  std::string parse(std::vector<std::string> arguments) {
    CLI::App app{"A test", "tbgw-test"};
    options_ = {};
    declare_common(app, options_.common, ConfigUse::options, {"tbgw-test --size 1M"});
    add_duration(app, "--linger", options_.linger, "wait");
    add_size(app, "--memory", options_.memory, "room");
    app.add_option("--word", options_.words, "words");
    app.add_option("--name", options_.name, "a name")->envname("TBGW_TEST_NAME");
    app.add_flag("--strict", options_.strict, "strict");
    arguments.insert(arguments.begin(), "tbgw-test");
    std::vector<char*> argv;
    for (std::string& argument : arguments)
      argv.push_back(argument.data());
    try {
      parse_command_line(app, options_.common, static_cast<int>(argv.size()), argv.data());
    } catch (const Fatal& fatal) {
      return fatal.what();
    } catch (const CLI::Error& error) {
      return std::string{"CLI: "} + error.what();
    }
    return "";
  }

  Options options_;
  std::string folder_;
  std::string path_;
};

TEST_F(CommandLine, FlagsWinOverEnvironmentOverFileOverDefaults) {
  const std::string file = config("name = \"file\"\nlinger = \"1s\"\n");
  EXPECT_EQ(parse({}), "");
  EXPECT_EQ(options_.name, "default");
  EXPECT_EQ(parse({"--config", file}), "");
  EXPECT_EQ(options_.name, "file");
  EXPECT_EQ(options_.linger, std::chrono::seconds{1});
  ::setenv("TBGW_TEST_NAME", "environment", 1);
  EXPECT_EQ(parse({"--config", file}), "");
  EXPECT_EQ(options_.name, "environment");
  EXPECT_EQ(parse({"--name", "flag", "--config", file}), "");
  EXPECT_EQ(options_.name, "flag");
}

TEST_F(CommandLine, ListsFlagsAndSizesComeFromTheFile) {
  const std::string file =
      config("word = [\"a\", \"b\"]\nstrict = true\nmemory = \"1M\"\nverbose = true\n");
  EXPECT_EQ(parse({"--config", file}), "");
  EXPECT_EQ(options_.words, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(options_.strict);
  EXPECT_EQ(options_.memory, 1048576U);
  EXPECT_EQ(options_.common.verbose, 1);
}

TEST_F(CommandLine, FalseInTheFileLeavesAFlagOff) {
  EXPECT_EQ(parse({"--config", config("strict = false\n")}), "");
  EXPECT_FALSE(options_.strict);
}

TEST_F(CommandLine, UnknownKeyIsRefusedWithItsPlace) {
  EXPECT_EQ(parse({"--config", config("linger = \"1s\"\nlnger = \"2s\"\n")}),
            path_ + ":2: unknown key 'lnger' (did you mean 'linger'?)");
}

TEST_F(CommandLine, BadValueInTheFileIsRefusedWithItsPlace) {
  EXPECT_EQ(parse({"--config", config("\nlinger = \"soon\"\n")}).substr(0, path_.size() + 3),
            path_ + ":2:");
  EXPECT_NE(parse({"--config", config("strict = \"yes\"\n")}), "");
  EXPECT_NE(parse({"--config", config("linger = true\n")}), "");
}

TEST_F(CommandLine, TrailingGarbageOnTheCommandLineIsRefused) {
  EXPECT_EQ(parse({"--linger", "5x"}).substr(0, 4), "CLI:");
  EXPECT_EQ(parse({"--memory", "5Mx"}).substr(0, 4), "CLI:");
  EXPECT_EQ(parse({"--ready-fd", "3x"}).substr(0, 4), "CLI:");
}

TEST_F(CommandLine, EnvironmentIsCheckedLikeAFlag) {
  ::setenv("TBGW_TEST_NAME", "x", 1);
  EXPECT_EQ(parse({}), "");
  EXPECT_EQ(options_.name, "x");
}

}  // namespace
}  // namespace tbgw
