// SPDX-License-Identifier: Apache-2.0
// Places in a message: the paths of the reference's ${…}, and the messages they are looked up in.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json_view.hpp"
#include "core/result.hpp"

namespace tbgw::convert {

/// "temp", "data.list[1].v", "$[0].id", "a[*].b", "..v", "meter_value[:].value", "['odd key']".
struct JsonPath {
  struct Step {
    enum class By : std::uint8_t { name, index, all, anywhere };
    By by = By::name;
    std::string name;        ///< By::name, and By::anywhere: at any depth
    std::int64_t index = 0;  ///< negative counts from the end
  };
  std::string text;  ///< as written; a member of this very name goes first
  std::vector<Step> steps;
  bool from_root = false;  ///< written with a leading $
};

/// Errors say what is not understood.
Result<JsonPath> parse_json_path(std::string_view text);

/// A JSON document to look things up in. Reuse one object; it keeps its memory.
class JsonDocument {
 public:
  /// Checks `json` and keeps a copy. Any JSON value.
  Result<void> read(std::string_view json);
  /// A part of another document (which must live on and not change), already checked.
  void enter(const JsonMember& part);

  [[nodiscard]] const JsonMember& root() const { return root_; }
  /// The members of the root, if it is an object, its elements if it is an array.
  [[nodiscard]] std::span<const JsonMember> members() const { return members_; }

  /// The first value the path leads to. It lives until the next call.
  std::optional<JsonMember> find(const JsonPath& path);

 private:
  std::optional<JsonMember> walk(const JsonMember& from, const JsonPath& path, std::size_t step);
  std::optional<JsonMember> walk_into(std::span<const JsonMember> members, const JsonMember& from,
                                      const JsonPath& path, std::size_t step);
  std::span<const JsonMember> open(const JsonMember& value, std::size_t depth);

  std::string buffer_;
  JsonMember root_;
  std::span<const JsonMember> members_;
  JsonView outer_;
  JsonView view_;
  std::vector<JsonView> nested_;  ///< one a level: what one holds is read while deeper ones change
  std::size_t depth_ = 0;
  int visited_ = 0;
};

}  // namespace tbgw::convert
