// SPDX-License-Identifier: Apache-2.0
#include "run/version_store.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace tbgw::run {
namespace {

using Json = nlohmann::json;
namespace files = std::filesystem;

class VersionStoreTest : public testing::Test {
 protected:
  VersionStoreTest() {
    std::string name = (files::temp_directory_path() / "tbgw-versions-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
    files::create_directory(root_ / "etc");
    write("etc/tb_gateway.json",
          R"({"thingsboard":{"host":"tb","statistics":{"configuration":"s.json"}},
              "connectors":[{"name":"M","type":"modbus","configuration":"m.json"}]})");
    write("etc/m.json", R"({"port":502})");
  }
  ~VersionStoreTest() override { files::remove_all(root_); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(root_ / name) << text;
  }
  [[nodiscard]] Json read(const files::path& path) const {
    std::ifstream in(path);
    return Json::parse(in);
  }
  [[nodiscard]] std::string main() const { return (root_ / "etc/tb_gateway.json").string(); }
  [[nodiscard]] VersionStore store() const { return {(root_ / "state").string(), main()}; }

  /// M as the platform changed it.
  static RemoteState changed(RemoteState state, int port) {
    RemoteConnector& m = state.connectors.at(0);
    m.document = {{"name", "M"}, {"configurationJson", {{"port", port}}}};
    m.configuration = {{"port", port}};
    m.local = false;
    return state;
  }

  files::path root_;
};

TEST_F(VersionStoreTest, WithoutARemoteVersionTheLocalFilesRunAndNothingIsWritten) {
  VersionStore store = this->store();
  const auto opened = store.open(read_local(main()));
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(opened->state.connectors.at(0).configuration["port"], 502);
  EXPECT_GT(opened->state.connectors.at(0).changed, 1'600'000'000'000);
  EXPECT_EQ(store.main_file(), main());
  EXPECT_FALSE(files::exists(root_ / "state"));
}

TEST_F(VersionStoreTest, AChangeIsThereAfterARestartWithTheOneBeforeIt) {
  const RemoteState local = read_local(main());
  VersionStore store = this->store();
  ASSERT_TRUE(store.open(local).has_value());
  ASSERT_TRUE(store.put(changed(local, 503), {"M"}).has_value());
  ASSERT_TRUE(store.put(changed(local, 503), {}).has_value());
  ASSERT_TRUE(store.put(changed(local, 504), {"M"}).has_value());
  VersionStore again = this->store();
  const auto opened = again.open(local);
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(opened->state, changed(local, 504));
  EXPECT_EQ(opened->before, changed(local, 503));
  EXPECT_EQ(opened->trial, std::vector<std::string>{"M"});
  EXPECT_EQ(opened->winners.size(), 1U);
  EXPECT_EQ(again.main_file(), (root_ / "state/files/tb_gateway.json").string());
  const Json main_file = read(again.main_file());
  const std::string file = main_file["connectors"][0]["configuration"];
  EXPECT_EQ(read(root_ / "state/files" / file)["port"], 504);
  // What the sections name is still found.
  EXPECT_EQ(main_file["thingsboard"]["statistics"]["configuration"],
            (root_ / "etc/s.json").string());
}

TEST_F(VersionStoreTest, SecretsAreForTheOwnerOnly) {
  const RemoteState local = read_local(main());
  VersionStore store = this->store();
  ASSERT_TRUE(store.open(local).has_value());
  ASSERT_TRUE(store.put(changed(local, 503), {}).has_value());
  for (const auto& entry : files::recursive_directory_iterator(root_ / "state")) {
    if (!entry.is_regular_file()) continue;
    EXPECT_EQ(entry.status().permissions(), files::perms::owner_read | files::perms::owner_write)
        << entry.path();
  }
}

TEST_F(VersionStoreTest, WhatALostConnectorHadIsGone) {
  const RemoteState local = read_local(main());
  VersionStore store = this->store();
  ASSERT_TRUE(store.open(local).has_value());
  ASSERT_TRUE(store.put(changed(local, 503), {}).has_value());
  RemoteState without = local;
  without.connectors.clear();
  ASSERT_TRUE(store.put(without, {}).has_value());
  std::size_t left = 0;
  for ([[maybe_unused]] const auto& entry : files::directory_iterator(root_ / "state/files"))
    ++left;
  EXPECT_EQ(left, 1U);
  EXPECT_TRUE(read(store.main_file())["connectors"].empty());
}

TEST_F(VersionStoreTest, BackToTheLocalFileMeansTheLocalFile) {
  const RemoteState local = read_local(main());
  VersionStore store = this->store();
  ASSERT_TRUE(store.open(local).has_value());
  ASSERT_TRUE(store.put(changed(local, 503), {"M"}).has_value());
  ASSERT_TRUE(store.put(local, {}).has_value());
  EXPECT_EQ(store.main_file(), main());
}

TEST_F(VersionStoreTest, ADamagedFileIsSetAsideAndTheLocalFilesRun) {
  const RemoteState local = read_local(main());
  for (const char* damage : {"", "{", "[]", "{\"version\":2}", "{\"version\":\"x\"}",
                             "{\"version\":1,\"current\":{}}", "\xff"}) {
    files::create_directories(root_ / "state");
    write("state/remote.json", damage);
    VersionStore store = this->store();
    const auto opened = store.open(local);
    ASSERT_TRUE(opened.has_value());
    EXPECT_EQ(opened->state, local) << damage;
    EXPECT_EQ(opened->winners.size(), 1U) << damage;
    EXPECT_EQ(store.main_file(), main());
    EXPECT_FALSE(files::exists(root_ / "state/remote.json"));
  }
}

TEST_F(VersionStoreTest, ACandidateTouchesNothingThatRuns) {
  const RemoteState local = read_local(main());
  VersionStore store = this->store();
  ASSERT_TRUE(store.open(local).has_value());
  const auto candidate = store.write_candidate(changed(local, 503));
  ASSERT_TRUE(candidate.has_value());
  EXPECT_TRUE(files::exists(*candidate));
  EXPECT_FALSE(files::exists(root_ / "state/remote.json"));
  EXPECT_FALSE(files::exists(root_ / "state/files"));
  EXPECT_EQ(store.main_file(), main());
}

TEST_F(VersionStoreTest, AFolderThatCannotBeWrittenIsSaid) {
  write("state", "a file");
  const RemoteState local = read_local(main());
  VersionStore store = this->store();
  ASSERT_TRUE(store.open(local).has_value());
  const auto put = store.put(changed(local, 503), {});
  ASSERT_FALSE(put.has_value());
  EXPECT_NE(put.error().text.find((root_ / "state").string()), std::string::npos);
}

}  // namespace
}  // namespace tbgw::run
