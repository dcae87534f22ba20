// SPDX-License-Identifier: Apache-2.0
#include "modbus/operation.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"

namespace tbgw::modbus {
namespace {

constexpr std::uint8_t kRegular = 2;

/// The most that a date or a text of unknown length is read back with is what was written.
std::uint16_t cells_of(const Tag& tag) {
  return std::max<std::uint16_t>(tag.count, 1);
}

std::string told(const std::vector<std::uint16_t>& cells) {
  std::string out;
  for (const std::uint16_t cell : cells)
    out += (out.empty() ? "" : " ") + std::to_string(cell);
  return out;
}

}  // namespace

Operation Operation::read(const Unit& unit, const Tag& tag) {
  Operation out(unit, tag, Step::read);
  out.goal_ = Step::read;
  out.begin(tag.scale_from.empty() ? Step::read : Step::exponent);
  return out;
}

Operation Operation::write(const Unit& unit, const Tag& tag, nlohmann::ordered_json value) {
  Operation out(unit, tag, Step::write);
  out.goal_ = Step::write;
  out.value_ = std::move(value);
  if (tag.scale_from.empty() || tag.raw_write) {
    out.begin_write();
  } else {
    out.begin(Step::exponent);
  }
  return out;
}

Operation Operation::raw(const Unit& unit, std::uint8_t function, std::string bytes) {
  Operation out(unit, Tag{}, Step::raw);
  out.request_.function = function;
  out.request_.raw = std::move(bytes);
  out.request_.verbatim = true;
  return out;
}

Operation Operation::identify(const Unit& unit) {
  Operation out(unit, Tag{}, Step::identify);
  out.identity_ = nlohmann::ordered_json::object();
  out.request_ = identify_request(kRegular, 0);
  return out;
}

/// The unit's tag that holds the power of ten.
const Tag* Operation::source() const {
  const auto found = std::find_if(unit_->tags.begin(), unit_->tags.end(),
                                  [&](const Tag& tag) { return tag.key == tag_.scale_from; });
  return found == unit_->tags.end() ? nullptr : &*found;
}

void Operation::begin(Step step) {
  step_ = step;
  switch (step) {
    case Step::exponent: {
      const Tag* tag = source();
      if (tag == nullptr) {
        fail("the unit has no tag " + in_quotes(tag_.scale_from) + " to scale by");
        return;
      }
      request_ = read_request(tag->table(), tag->address, cells_of(*tag));
      return;
    }
    case Step::read:
      request_ = read_request(tag_.table(), tag_.address, cells_of(tag_));
      return;
    case Step::old:
      request_ = read_request(cells_.table, cells_.address, 1);
      return;
    case Step::write:
      request_ = write_request(cells_, tag_.function, unit_->always_multiple);
      return;
    case Step::verify:
      request_ = read_request(cells_.table, cells_.address,
                              static_cast<std::uint16_t>(cells_.cells.size()));
      return;
    default:
      return;
  }
}

void Operation::begin_write() {
  auto cells = encode(tag_, value_, exponent_);
  if (!cells) {
    fail(cells.error().text);
    return;
  }
  cells_ = *std::move(cells);
  if (!is_bits(cells_.table) && cells_.cells.size() > unit_->most_written) {
    fail("takes " + std::to_string(cells_.cells.size()) + " registers, and the unit takes " +
         std::to_string(unit_->most_written) + " at once");
    return;
  }
  begin(cells_.mask && !unit_->mask_write ? Step::old : Step::write);
}

std::optional<Request> Operation::next() {
  if (step_ == Step::done) return std::nullopt;
  return request_;
}

void Operation::finish(std::string value) {
  step_ = Step::done;
  result_ = OperationResult{true, std::move(value), {}, 0};
}

void Operation::fail(const std::string& why) {
  step_ = Step::done;
  result_ = OperationResult{false, {}, why, 0};
}

void Operation::take_sent() {
  if (step_ == Step::write && tag_.verify) {
    fail("was written, but a broadcast (unit 0) has no answer: nothing can be read back");
  } else if (step_ == Step::write) {
    finish(value_.dump());
  } else {
    fail("a broadcast (unit 0) has no answer: it can only write");
  }
}

void Operation::take_end(const TransactionEnd& end) {
  if (end.kind == TransactionEnd::Kind::answered) {
    take(end.answer);
  } else if (end.kind == TransactionEnd::Kind::sent) {
    take_sent();
  } else {
    fail(end.text);
  }
}

void Operation::take(const Answer& answer) {
  if (answer.kind != Answer::Kind::good) {
    fail(answer.text);
    result_.exception = answer.exception;
    return;
  }
  switch (step_) {
    case Step::exponent: {
      const auto exponent = decode_exponent(*source(), answer.cells);
      if (!exponent) {
        fail(in_quotes(tag_.scale_from) + " holds no power of ten: " + exponent.error().text);
        return;
      }
      exponent_ = *exponent;
      if (goal_ == Step::write) {
        begin_write();
      } else {
        begin(goal_);
      }
      return;
    }
    case Step::read:
      take_value(answer);
      return;
    case Step::old:
      cells_.cells = {merged(answer.cells.at(0), cells_)};
      cells_.mask.reset();
      begin(Step::write);
      return;
    case Step::write:
      if (tag_.verify) {
        begin(Step::verify);
      } else {
        finish(value_.dump());
      }
      return;
    case Step::verify:
      take_verify(answer);
      return;
    case Step::raw:
      finish(json_string(to_hex(answer.bytes)));
      return;
    case Step::identify:
      take_identity(answer);
      return;
    default:
      return;
  }
}

void Operation::take_identity(const Answer& answer) {
  for (const auto& [object, text] : answer.objects)
    identity_[object_name(object)] = is_utf8(text) ? text : to_hex(text);
  if (answer.more) {
    request_ = identify_request(kRegular, answer.next_object);
  } else {
    finish(identity_.dump());
  }
}

void Operation::take_value(const Answer& answer) {
  Tag tag = tag_;
  tag.count = cells_of(tag);
  auto value = decode(tag, answer.cells, exponent_);
  if (value) {
    finish(*std::move(value));
  } else {
    fail("no value: " + value.error().text);
  }
}

void Operation::take_verify(const Answer& answer) {
  std::vector<std::uint16_t> wanted = cells_.cells;
  std::vector<std::uint16_t> found = answer.cells;
  const std::uint16_t mask = cells_.mask.value_or(0xffff);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (is_bits(cells_.table)) {
      wanted[i] = wanted[i] != 0 ? 1 : 0;
    } else {
      wanted[i] &= mask;
      found[i] &= mask;
    }
  }
  if (wanted == found) {
    finish(value_.dump());
  } else {
    fail("was written, but reads back as " + told(found) + ", not " + told(wanted));
  }
}

}  // namespace tbgw::modbus
