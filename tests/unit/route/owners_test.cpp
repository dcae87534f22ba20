// SPDX-License-Identifier: Apache-2.0
#include "route/owners.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tbgw::route {
namespace {

using std::chrono::seconds;
using Claim = Owners::Claim;

class OwnersTest : public testing::Test {
 protected:
  std::string owner(std::string_view device) const {
    const auto found = owners_.find(device);
    return found ? std::string{found->name} : "";
  }

  Time start_{std::chrono::hours(1)};
  Owners owners_{{"a", "b"}, start_};
};

TEST_F(OwnersTest, WhoSpeaksFirstHasTheDevice) {
  EXPECT_EQ(owners_.claim("D", 1, start_), Claim::learnt);
  EXPECT_EQ(owners_.claim("D", 1, start_), Claim::own);
  EXPECT_EQ(owner("D"), "b");
  EXPECT_EQ(owners_.find("D")->number, 1U);
  EXPECT_EQ(owners_.take_changes(), "{\"device\":\"D\",\"pipeline\":\"b\"}\n");
  EXPECT_EQ(owners_.take_changes(), "");
}

TEST_F(OwnersTest, TwoWhoSpeakOfOneDeviceDoNotTakeItFromEachOther) {
  owners_.claim("D", 0, start_);
  EXPECT_EQ(owners_.claim("D", 1, start_ + seconds(59)), Claim::others);
  EXPECT_EQ(owners_.claim("D", 0, start_ + seconds(59)), Claim::own);
  EXPECT_EQ(owners_.claim("D", 1, start_ + seconds(118)), Claim::others);
  EXPECT_EQ(owner("D"), "a");
  EXPECT_EQ(owners_.claim("D", 1, start_ + seconds(119)), Claim::moved);
  EXPECT_EQ(owner("D"), "b");
}

TEST_F(OwnersTest, ADeviceWhoseOwnerSaidDisconnectIsFree) {
  owners_.claim("D", 0, start_);
  owners_.release("D", 1);  // not its own
  EXPECT_EQ(owners_.claim("D", 1, start_), Claim::others);
  owners_.release("D", 0);
  EXPECT_EQ(owner("D"), "a");  // commands still find it
  EXPECT_EQ(owners_.claim("D", 1, start_), Claim::moved);
}

TEST_F(OwnersTest, AJournalBringsEverythingBack) {
  owners_.claim("D", 0, start_);
  owners_.claim("\"E\"\n", 1, start_);
  owners_.claim("F", 1, start_);
  owners_.forget("F");
  Owners again({"b", "a"}, start_);  // in another order
  std::string journal = owners_.journal();
  for (std::size_t end = journal.find('\n'); end != std::string::npos; end = journal.find('\n')) {
    EXPECT_TRUE(again.take(journal.substr(0, end)));
    journal.erase(0, end + 1);
  }
  EXPECT_EQ(again.find("D")->name, "a");
  EXPECT_EQ(again.find("D")->number, 1U);
  EXPECT_EQ(again.find("\"E\"\n")->name, "b");
  EXPECT_FALSE(again.find("F"));
}

TEST_F(OwnersTest, AnOwnerThatIsNotInThisRunKeepsItsNameButGivesWay) {
  EXPECT_TRUE(owners_.take(R"({"device":"D","pipeline":"old"})"));
  EXPECT_EQ(owner("D"), "old");
  EXPECT_FALSE(owners_.find("D")->number);
  EXPECT_EQ(owners_.claim("D", 0, start_), Claim::moved);
}

TEST_F(OwnersTest, LinesThatAreNoneAreNotTaken) {
  for (const char* line : {"", "x", "{}", "[]", R"({"device":1,"pipeline":"a"})",
                           R"({"device":"D"})", R"({"device":"","pipeline":"a"})"}) {
    EXPECT_FALSE(owners_.take(line)) << line;
  }
}

TEST_F(OwnersTest, ARenamedDeviceIsFoundUnderBothNames) {
  owners_.claim("D", 1, start_);
  owners_.rename("D", "Main", start_);
  owners_.rename("unknown", "X", start_);
  EXPECT_EQ(owner("Main"), "b");
  EXPECT_EQ(owner("D"), "b");
  EXPECT_EQ(owner("X"), "");
}

TEST_F(OwnersTest, ADeviceFallsSilentOnceUntilItIsHeardAgain) {
  owners_.claim("D", 0, start_);
  owners_.claim("E", 0, start_ + seconds(10));
  EXPECT_EQ(owners_.longest_silence(), start_);
  EXPECT_EQ(owners_.fell_silent(start_ + seconds(9)), std::vector<std::string>{"D"});
  EXPECT_EQ(owners_.fell_silent(start_ + seconds(9)), std::vector<std::string>{});
  EXPECT_EQ(owners_.longest_silence(), start_ + seconds(10));
  owners_.claim("D", 0, start_ + seconds(20));
  EXPECT_EQ(owners_.fell_silent(start_ + seconds(30)), (std::vector<std::string>{"D", "E"}));
  EXPECT_FALSE(owners_.longest_silence());
}

TEST_F(OwnersTest, NamesWithoutEndDoNotFillTheMemory) {
  for (std::size_t i = 0; i < Owners::kMost; ++i)
    ASSERT_EQ(owners_.claim(std::to_string(i), 0, start_), Claim::learnt);
  EXPECT_EQ(owners_.claim("one more", 0, start_), Claim::full);
  EXPECT_EQ(owners_.claim("7", 0, start_), Claim::own);
  EXPECT_EQ(owners_.size(), Owners::kMost);
}

}  // namespace
}  // namespace tbgw::route
