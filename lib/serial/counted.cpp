// SPDX-License-Identifier: Apache-2.0
// Frames whose end is known by counting bytes, and frames that only silence ends. The bytes
// themselves show no boundary, so after a lost byte nothing but silence helps.
#include <algorithm>

#include "serial/splitter.hpp"

namespace tbgw::serial {
namespace {

class SilenceBound : public Splitter {
 public:
  [[nodiscard]] bool needs_silence() const override { return true; }
  [[nodiscard]] Rest on_silence(std::string_view /*pending*/) const override { return Rest::torn; }
};

class FixedLength : public SilenceBound {
 public:
  explicit FixedLength(std::size_t length) : length_(length) {}

  [[nodiscard]] Cut next(std::string_view pending, std::size_t /*seen*/) const override {
    if (pending.size() < length_) return {};
    return {Cut::What::frame, length_};
  }

 private:
  std::size_t length_;
};

// | offset bytes | width bytes: number | number + adjust bytes |
class Prefixed : public SilenceBound {
 public:
  Prefixed(const LengthPrefix& prefix, std::size_t most) : prefix_(prefix), most_(most) {}

  [[nodiscard]] Cut next(std::string_view pending, std::size_t /*seen*/) const override {
    const std::size_t header = prefix_.offset + prefix_.width;
    if (pending.size() < header) return {};
    const std::int64_t total = static_cast<std::int64_t>(header) + number(pending) + prefix_.adjust;
    if (total < static_cast<std::int64_t>(header)) return {Cut::What::nonsense, 0};
    const auto size = static_cast<std::size_t>(total);
    if (size > most_) return {Cut::What::too_long, 0};
    if (pending.size() < size) return {};
    return {Cut::What::frame, size};
  }

 private:
  [[nodiscard]] std::int64_t number(std::string_view pending) const {
    std::int64_t value = 0;
    for (std::size_t i = 0; i < prefix_.width; ++i) {
      const std::size_t at = prefix_.big_endian ? i : prefix_.width - 1 - i;
      value = value * 256 + static_cast<unsigned char>(pending[prefix_.offset + at]);
    }
    return value;
  }

  LengthPrefix prefix_;
  std::size_t most_;
};

class Gap : public SilenceBound {
 public:
  [[nodiscard]] Cut next(std::string_view /*pending*/, std::size_t /*seen*/) const override {
    return {};
  }
  [[nodiscard]] Rest on_silence(std::string_view /*pending*/) const override { return Rest::frame; }
  [[nodiscard]] Rest on_end(std::string_view /*pending*/) const override { return Rest::frame; }
};

}  // namespace

std::unique_ptr<Splitter> make_counted(const FrameSettings& settings) {
  if (settings.kind == FrameKind::length) return std::make_unique<FixedLength>(settings.length);
  if (settings.kind == FrameKind::gap) return std::make_unique<Gap>();
  return std::make_unique<Prefixed>(settings.prefix, settings.max_frame);
}

}  // namespace tbgw::serial
