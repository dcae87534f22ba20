// SPDX-License-Identifier: Apache-2.0
// What came of a command, as the rpc-reply that goes up.
#pragma once

#include <string>
#include <string_view>

#include "convert/decoder.hpp"
#include "convert/down_writer.hpp"
#include "convert/item.hpp"
#include "convert/line.hpp"
#include "convert/select.hpp"
#include "convert/value.hpp"
#include "core/json_view.hpp"
#include "core/result.hpp"

namespace tbgw::convert {

/// Appends `{"event":"rpc-reply","device":…,"id":…,"data":` … `}` and a newline. `id` and `data`
/// are JSON.
void append_reply(std::string& out, const Envelope& envelope, std::string_view device,
                  std::string_view id, std::string_view data);

/// `{"error":"text"}`; the reference adds `"success":false`.
std::string error_data(std::string_view text, bool compat);

class AnswerReader {
 public:
  /// `map` and `selector` must outlive this object.
  AnswerReader(const Map& map, const Selector& selector);

  /// Appends the reply to an answer: the result cut out of its frame, success, or the error. The
  /// error returned says why a frame could not be converted (the reply then says so too) or why
  /// there is no reply at all.
  Result<void> append_reply(const Members& members, std::string& out);

 private:
  Result<void> append_result(const Members& members, const Result<Choice>& choice,
                             std::string_view method, std::string& data);

  Result<void> append_mapped(const Members& members, std::string_view device,
                             std::string_view method, std::string& data);

  Result<void> append_native(const DownRule& rule, std::string_view bytes, std::string_view method,
                             std::string& data);

  bool compat_;
  bool mapped_;
  const Selector& selector_;
  ValueWriter values_;
  DownWriter rules_;
  Decoder decoder_;
  ItemReader items_;
  JsonDocument document_;
  FrameBytes frame_;
  JsonView rpc_view_;
  std::optional<DownStyle> style_;
  std::string response_;  ///< what of the answer is wanted, as the call says
  std::string data_;
};

}  // namespace tbgw::convert
