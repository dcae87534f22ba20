// SPDX-License-Identifier: Apache-2.0
// Frames that end in boundary bytes: delimiters as they are, or SLIP and COBS, whose data are
// decoded once the boundary is found.
#include <algorithm>
#include <utility>

#include "serial/packet.hpp"
#include "serial/splitter.hpp"

namespace tbgw::serial {
namespace {

class Delimited : public Splitter {
 public:
  Delimited(std::vector<std::string> delimiters, bool strip)
      : delimiters_(std::move(delimiters)), strip_(strip) {
    for (const std::string& delimiter : delimiters_)
      longest_ = std::max(longest_, delimiter.size());
  }

  /// The delimiter that is complete first ends the frame.
  [[nodiscard]] Cut next(std::string_view pending, std::size_t seen) const override {
    std::size_t end = std::string_view::npos;
    for (const std::string& delimiter : delimiters_) {
      // It may have begun in the bytes that were there before.
      const std::size_t from = seen - std::min(seen, delimiter.size() - 1);
      const std::string_view where =
          end == std::string_view::npos ? pending : pending.substr(0, end);
      const std::size_t at = where.find(delimiter, from);
      if (at != std::string_view::npos) end = at + delimiter.size();
    }
    if (end == std::string_view::npos) return {};
    return {Cut::What::frame, end};
  }

  [[nodiscard]] Result<std::string> data(std::string_view frame) const override {
    std::size_t length = 0;
    for (const std::string& delimiter : delimiters_) {
      const bool ends = frame.size() >= delimiter.size() &&
                        frame.substr(frame.size() - delimiter.size()) == delimiter;
      if (strip_ && ends) length = std::max(length, delimiter.size());
    }
    return std::string{frame.substr(0, frame.size() - length)};
  }

  // `most` bytes without a delimiter: one more at least is to come.
  [[nodiscard]] bool proves_too_long(std::size_t pending, std::size_t most) const override {
    return pending >= most;
  }
  [[nodiscard]] std::size_t boundary_tail() const override { return longest_ - 1; }
  [[nodiscard]] Rest on_end(std::string_view /*pending*/) const override { return Rest::frame; }

 private:
  std::vector<std::string> delimiters_;
  bool strip_;
  std::size_t longest_ = 1;
};

using Decode = Result<std::string> (*)(std::string_view);

class Packet : public Delimited {
 public:
  Packet(char boundary, Decode decode)
      : Delimited({std::string(1, boundary)}, true), decode_(decode) {}

  [[nodiscard]] Result<std::string> data(std::string_view frame) const override {
    return decode_(frame.substr(0, frame.size() - 1));
  }
  [[nodiscard]] Rest on_end(std::string_view /*pending*/) const override { return Rest::torn; }

 private:
  Decode decode_;
};

}  // namespace

std::unique_ptr<Splitter> make_delimited(const FrameSettings& settings) {
  if (settings.kind == FrameKind::slip) return std::make_unique<Packet>(kSlipEnd, slip_decode);
  if (settings.kind == FrameKind::cobs) return std::make_unique<Packet>('\0', cobs_decode);
  return std::make_unique<Delimited>(settings.delimiters, settings.strip);
}

}  // namespace tbgw::serial
