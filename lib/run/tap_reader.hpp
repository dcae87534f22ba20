// SPDX-License-Identifier: Apache-2.0
// The stats and fault events of all tools, from the router's tap; connects again whenever the
// router was started anew.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "core/fd.hpp"
#include "core/line_input.hpp"
#include "core/loop.hpp"

namespace tbgw::run {

class TapReader {
 public:
  using Take = std::function<void(const std::string& pipeline, const nlohmann::json& event)>;

  TapReader(Loop& loop, std::string socket, Take take);
  ~TapReader();
  TapReader(const TapReader&) = delete;
  TapReader& operator=(const TapReader&) = delete;

 private:
  void connect();
  void look();

  Loop& loop_;
  std::string socket_;
  Take take_;
  Fd fd_;
  std::unique_ptr<LineInput> input_;
  Loop::Timer again_;
};

}  // namespace tbgw::run
