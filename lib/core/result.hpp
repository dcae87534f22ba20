// SPDX-License-Identifier: Apache-2.0
// Result<T>: a value, or why there is none. For what is normal in a stream: a bad record, a
// timeout, a failed field. What ends the process is thrown as Fatal (status.hpp).
#pragma once

#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace tbgw {

/// Why something failed, in words a person can act on; no program name, no trailing newline.
struct Error {
  std::string text;
  bool operator==(const Error&) const = default;
};

/// The spelling of std::expected (C++23), so that an alias can replace it one day.
template <class T>
class [[nodiscard]] Result {
 public:
  using Value = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

  Result() requires std::is_void_v<T>
  = default;
  Result(Value value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  // Asking for what is not there throws std::bad_variant_access: a bug, exit status 70.
  Value& operator*() & { return std::get<0>(state_); }
  const Value& operator*() const& { return std::get<0>(state_); }
  Value&& operator*() && { return std::get<0>(std::move(state_)); }
  Value* operator->() { return &std::get<0>(state_); }
  const Value* operator->() const { return &std::get<0>(state_); }
  [[nodiscard]] const Error& error() const { return std::get<1>(state_); }
  [[nodiscard]] Value value_or(Value other) const { return has_value() ? **this : other; }

 private:
  std::variant<Value, Error> state_;
};

}  // namespace tbgw
