// SPDX-License-Identifier: Apache-2.0
// Runs what the reference gateway made of the same inputs (tests/vectors/FAMILY/*.json), in our
// meaning and with --compat. Where we differ on purpose a file lists the case, what we do, and why;
// a listed case that does not differ (any more) fails too.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>

#include "core/fd.hpp"

namespace tbgw::vectors {

using Json = nlohmann::ordered_json;

/// A file of tests/vectors.
inline Json load(const std::string& name) {
  const auto folder = std::filesystem::path(__FILE__).parent_path() / "../vectors";
  return Json::parse(read_file((folder / name).string()));
}

/// Equal as JSON, numbers by their value and by whether they are written as reals.
inline bool same(const Json& a, const Json& b) {
  if (a.is_number_float() && b.is_number_float()) return a.get<double>() == b.get<double>();
  if (a.is_array() && b.is_array() && a.size() == b.size()) {
    return std::equal(a.begin(), a.end(), b.begin(), same);
  }
  if (a.is_object() && b.is_object() && a.size() == b.size()) {
    return std::all_of(a.items().begin(), a.items().end(), [&](const auto& member) {
      return b.contains(member.key()) && same(member.value(), b[member.key()]);
    });
  }
  return a.type() == b.type() ? a == b : a.is_number_integer() && b.is_number_integer() && a == b;
}

class Family {
 public:
  using Run = Json (*)(const Json& input, bool compat);

  /// `name`: the folder, and the key in the file `list`. `as_ours` gives an expectation the form in
  /// which a run of ours says the same.
  Family(std::string name, const std::string& list, Json (*as_ours)(Json expect))
      : name_(std::move(name)), listed_(load(list).at(name_)), as_ours_(as_ours) {}

  /// All cases of a file, of which there are at least so many.
  void run(const std::string& file, Run ours, std::size_t least) const {
    const Json cases = load(name_ + "/" + file + ".json").at("cases");
    EXPECT_GE(cases.size(), least);
    for (const bool compat : {false, true}) {
      const auto listed = differences(compat ? "compat" : "ours");
      for (const Json& vector : cases)
        check(vector, ours(vector["input"], compat), compat ? "compat " : "ours ", listed);
    }
  }

  /// Every listed difference is of a case that exists in these files, and has a reason.
  void check_differences(std::initializer_list<const char*> files) const {
    std::set<std::string> ids;
    for (const char* file : files) {
      const Json cases = load(name_ + "/" + file + ".json").at("cases");
      for (const Json& vector : cases)
        ids.insert(vector["id"].get<std::string>());
    }
    for (const char* mode : {"ours", "compat"}) {
      for (const auto& [id, difference] : differences(mode)) {
        EXPECT_TRUE(ids.count(id) == 1) << id;
        EXPECT_GT(difference.reason.size(), 20U);
      }
    }
  }

 private:
  /// What is listed of one case in one mode.
  struct Difference {
    Json expect;
    std::string reason;
  };
  using Differences = std::map<std::string, Difference>;

  [[nodiscard]] Differences differences(std::string_view mode) const {
    Differences out;
    for (const Json& entry : listed_) {
      const auto applies = entry.at("mode").get<std::string>();
      if (applies != "both" && applies != mode) continue;
      for (const auto& [id, expect] : entry.at("cases").items())
        EXPECT_TRUE(out.emplace(id, Difference{expect, entry.at("reason")}).second) << id;
    }
    return out;
  }

  /// What of the expectation is compared: what the run says. (The reference's errors have names.)
  [[nodiscard]] Json comparable(const Json& expect, const Json& got) const {
    if (expect.contains("ok") && !expect["ok"].get<bool>()) return {{"ok", false}};
    Json out = Json::object();
    for (const auto& [key, value] : got.items())
      out[key] = expect.contains(key) ? expect[key] : Json("absent");
    return as_ours_(std::move(out));
  }

  void check(const Json& vector, const Json& got, const char* mode,
             const Differences& listed) const {
    const auto id = vector["id"].get<std::string>();
    const bool agrees = same(comparable(vector["expect"], got), got);
    const auto difference = listed.find(id);
    if (difference == listed.end()) {
      EXPECT_TRUE(agrees) << mode << id << " " << vector["input"].dump() << "\n  reference "
                          << vector["expect"].dump() << "\n  we " << got.dump();
      return;
    }
    EXPECT_TRUE(same(comparable(difference->second.expect, got), got))
        << mode << id << " is listed as " << difference->second.expect.dump() << " ("
        << difference->second.reason << ")\n  we " << got.dump();
    EXPECT_FALSE(agrees) << id << " is listed as a difference and does not differ";
  }

  std::string name_;
  Json listed_;
  Json (*as_ours_)(Json expect);
};

}  // namespace tbgw::vectors
