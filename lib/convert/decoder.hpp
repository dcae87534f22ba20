// SPDX-License-Identifier: Apache-2.0
// The bytes of a record as messages with named values.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "convert/json_path.hpp"
#include "convert/mapping.hpp"
#include "convert/message.hpp"
#include "core/result.hpp"

namespace tbgw::convert {

class Decoder {
 public:
  /// Calls `take` for every message in `message.bytes`, with `message` filled in; what it holds
  /// lives until `take` returns. Error: the bytes are not what `decode` says.
  Result<void> each(const Decode& decode, Message& message,
                    const std::function<void(const Message&)>& take);

 private:
  using Take = std::function<void(const Message&)>;
  Result<void> each_json(const Decode& decode, Message& message, const Take& take);
  Result<void> each_line(const Decode& decode, Message& message, const Take& take);
  Result<void> pairs(const Decode& decode, Message& message);
  Result<void> pieces(const Decode& decode, Message& message);
  static Result<void> groups(const Decode& decode, Message& message);
  void split(std::string_view line, std::string_view separator);

  JsonDocument document_;
  JsonDocument element_;
  std::string plain_;
  std::vector<std::string> cells_;
  std::vector<std::string> names_;
};

}  // namespace tbgw::convert
