// SPDX-License-Identifier: Apache-2.0
#include "run/tap_reader.hpp"

#include <utility>

#include "core/listener.hpp"
#include "run/own_pipeline.hpp"

namespace tbgw::run {
namespace {
constexpr Loop::Duration kLook{1000};
}  // namespace

TapReader::TapReader(Loop& loop, std::string socket, Take take)
    : loop_(loop), socket_(std::move(socket)), take_(std::move(take)) {
  connect();
}

TapReader::~TapReader() {
  loop_.cancel(again_);
}

void TapReader::connect() {
  input_.reset();
  fd_ = connect_to(socket_);
  if (fd_ && !write_all(fd_.get(), "\n")) fd_.reset();
  if (fd_) {
    input_ = std::make_unique<LineInput>(
        loop_, fd_.get(), kMaxRecord + kRecordSlack,
        LineInput::Hooks{[this](const Line& line) {
                           const auto news = parse_event(line.text);
                           if (!news.is_object() || !news.contains("event")) return;
                           take_(news.value("pipeline", ""), news["event"]);
                         },
                         [] { return false; }});
  }
  look();
}

/// Its end is seen a second late: there is no hurry.
void TapReader::look() {
  again_ = loop_.after(kLook, [this] {
    if (input_) input_->resume();
    if (!input_ || input_->ended()) return connect();
    look();
  });
}

}  // namespace tbgw::run
