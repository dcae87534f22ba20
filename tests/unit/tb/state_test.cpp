// SPDX-License-Identifier: Apache-2.0
#include "tb/state.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/fd.hpp"
#include "tb/state_store.hpp"

namespace tbgw::tb {
namespace {

State again(const std::string& journal) {
  State state;
  std::size_t begin = 0;
  for (std::size_t end = journal.find('\n'); end != std::string::npos;
       end = journal.find('\n', begin)) {
    EXPECT_TRUE(state.take(journal.substr(begin, end - begin)));
    begin = end + 1;
  }
  return state;
}

TEST(State, WhatIsKeptComesBackFromTheJournalAndFromTheChanges) {
  State state;
  state.keep("Pump \"4\"", {"pump", {"a", "b\n"}, true, 17});
  state.keep("Fan", {"", {}, false, 18});
  state.rename("Fan", "Main fan");
  for (const std::string& text : {state.journal(), state.take_changes()}) {
    const State other = again(text);
    EXPECT_EQ(other.devices(), state.devices());
    EXPECT_EQ(other.renames(), state.renames());
  }
  EXPECT_EQ(state.take_changes(), "");
}

TEST(State, OnlyANewTimeIsNoChange) {
  State state;
  state.keep("D", {"t", {}, true, 1});
  EXPECT_NE(state.take_changes(), "");
  state.keep("D", {"t", {}, true, 2});
  EXPECT_EQ(state.take_changes(), "");
  state.keep("D", {"t", {}, false, 3});
  EXPECT_NE(state.take_changes(), "");
}

TEST(State, ADeviceRenamedTwiceKeepsItsLocalName) {
  State state;
  state.rename("A", "B");
  state.rename("B", "C");
  EXPECT_EQ(state.platform_name("A"), "C");
  EXPECT_EQ(state.local_name("C"), "A");
  EXPECT_EQ(state.local_name("B"), "B");
  state.rename("C", "A");
  EXPECT_TRUE(state.renames().empty());
  EXPECT_TRUE(again(state.take_changes()).renames().empty());
}

TEST(State, TwoDevicesNeverShareAPlatformName) {
  State state;
  state.rename("A", "X");
  state.rename("B", "X");
  EXPECT_EQ(state.local_name("X"), "B");
  EXPECT_EQ(state.platform_name("A"), "A");
}

TEST(State, ADeletedDeviceLosesItsRename) {
  State state;
  state.keep("A", {"t", {}, true, 1});
  state.rename("A", "B");
  state.forget("A");
  EXPECT_EQ(state.platform_name("A"), "A");
  EXPECT_TRUE(again(state.take_changes()).devices().empty());
}

TEST(State, LinesOfALaterVersionAreIgnored) {
  State state;
  for (const char* line :
       {"", "{", "[]", "17", R"({"colour":"red"})", R"({"device":17})", R"({"local":"A"})"}) {
    EXPECT_FALSE(state.take(line)) << line;
  }
  EXPECT_TRUE(state.take(R"({"device":"D","connected":"yes","at":"x","sharedKeys":[1,"a"]})"));
  EXPECT_EQ(state.devices().at("D"), (KnownDevice{"", {"a"}, true, 0}));
}

class StateStoreTest : public testing::Test {
 protected:
  StateStoreTest() {
    // In memory if possible: the thousands of syncs of these tests are not about the medium.
    const bool memory = ::access("/dev/shm", W_OK) == 0;
    const std::filesystem::path parent =
        memory ? "/dev/shm" : std::filesystem::temp_directory_path();
    std::string base = parent / "tbgw-state-test.XXXXXX";
    if (::mkdtemp(base.data()) == nullptr) ADD_FAILURE() << "no scratch folder";
    scratch_ = base;
  }
  ~StateStoreTest() override { std::filesystem::remove_all(scratch_); }

  [[nodiscard]] std::string folder() const { return scratch_ + "/a/b"; }
  [[nodiscard]] std::string journal() const { return folder() + "/devices.ndjson"; }
  [[nodiscard]] StateStore open() const {
    auto store = StateStore::open(folder());
    EXPECT_TRUE(store) << (store ? "" : store.error().text);
    return store ? *std::move(store) : StateStore{};
  }
  [[nodiscard]] std::string text() const { return read_file(journal()); }

  std::string scratch_;
};

TEST_F(StateStoreTest, WhatWasSyncedIsThereAtTheNextStart) {
  {
    StateStore store = open();
    store.state().keep("D", {"t", {"k"}, true, 5});
    EXPECT_EQ(text(), "");
    ASSERT_TRUE(store.sync());
    EXPECT_NE(text(), "");
    store.state().rename("D", "E");
    ASSERT_TRUE(store.sync());
  }
  const StateStore store = open();
  EXPECT_EQ(store.state().devices().at("D"), (KnownDevice{"t", {"k"}, true, 5}));
  EXPECT_EQ(store.state().platform_name("D"), "E");
}

TEST_F(StateStoreTest, OthersCannotReadIt) {
  const StateStore store = open();
  struct stat info {};
  ASSERT_EQ(::stat(folder().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0700U);
  ASSERT_EQ(::stat(journal().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(StateStoreTest, ATornLastLineCostsOnlyItself) {
  {
    StateStore store = open();
    store.state().keep("A", {"t", {}, true, 1});
    ASSERT_TRUE(store.sync());
  }
  std::ofstream(journal(), std::ios::app) << R"({"device":"B","ty)";
  {
    StateStore store = open();
    EXPECT_EQ(store.state().devices().size(), 1U);
    store.state().keep("C", {"t", {}, true, 1});
    ASSERT_TRUE(store.sync());
  }
  EXPECT_EQ(open().state().devices().size(), 2U);
}

TEST_F(StateStoreTest, TheJournalDoesNotGrowWithoutEnd) {
  StateStore store = open();
  for (int i = 0; i < 5000; ++i) {
    store.state().keep("D", {"t", {}, i % 2 == 0, i});
    ASSERT_TRUE(store.sync());
  }
  EXPECT_LT(text().size(), 70'000U);
  store = StateStore{};
  EXPECT_EQ(open().state().devices().size(), 1U);
}

TEST_F(StateStoreTest, ASecondProcessReadsAndWritesNothing) {
  StateStore first = open();
  first.state().keep("A", {"t", {}, true, 1});
  ASSERT_TRUE(first.sync());
  StateStore second = open();
  EXPECT_FALSE(first.is_reader());
  EXPECT_TRUE(second.is_reader());
  EXPECT_EQ(second.state().devices().size(), 1U);
  second.state().keep("B", {"t", {}, true, 1});
  EXPECT_TRUE(second.sync());
  EXPECT_EQ(text().find("\"B\""), std::string::npos);
}

TEST_F(StateStoreTest, AFolderThatCannotBeMadeIsSaid) {
  std::ofstream(scratch_ + "/a") << "a file";
  const auto store = StateStore::open(folder());
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().text.find(scratch_ + "/a"), std::string::npos);
}

}  // namespace
}  // namespace tbgw::tb
