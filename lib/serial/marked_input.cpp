// SPDX-License-Identifier: Apache-2.0
#include "serial/marked_input.hpp"

namespace tbgw::serial {

void MarkedInput::feed(std::string_view marked, std::string& clean, std::vector<std::size_t>& bad) {
  constexpr char kMark = '\xff';
  for (const char c : marked) {
    switch (state_) {
      case State::plain:
        if (c == kMark) {
          state_ = State::after_mark;
        } else {
          clean += c;
        }
        break;
      case State::after_mark:
        if (c == '\0') {
          state_ = State::bad_byte;
          break;
        }
        clean += c;  // ff ff; no other byte can follow a mark
        state_ = State::plain;
        break;
      case State::bad_byte:
        bad.push_back(clean.size());
        state_ = State::plain;
        break;
    }
  }
}

}  // namespace tbgw::serial
