// SPDX-License-Identifier: Apache-2.0
#include "tb/outbox.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

namespace tbgw::tb {
namespace {

using Lane = Message::Lane;
using State = Message::State;

/// Suspects go one at a time: with few large parts a culprit among many records is found sooner.
constexpr std::size_t kSuspectParts = 16;

/// The message with the same frame around the bytes of some slices that are neighbours.
Message part_of(const Message& whole, std::span<const Slice> slices) {
  const Slice& first = whole.slices.front();
  const Slice& last = whole.slices.back();
  Message part;
  part.kind = whole.kind;
  part.device = whole.device;
  part.blamed = whole.blamed;
  part.topic = whole.topic;
  part.payload = whole.payload.substr(0, first.begin);
  const std::uint32_t begin = slices.front().begin;
  part.payload += whole.payload.substr(begin, slices.back().begin + slices.back().size - begin);
  part.payload += whole.payload.substr(std::size_t{last.begin} + last.size);
  for (const Slice& slice : slices)
    part.slices.push_back({slice.record, slice.begin - begin + first.begin, slice.size});
  return part;
}

}  // namespace

std::size_t Message::bytes() const {
  constexpr std::size_t kBookkeeping = 128;  // list node, packet id, place in line
  return sizeof(Message) + kBookkeeping + topic.capacity() + payload.capacity() +
         slices.capacity() * sizeof(Slice);
}

bool is_divisible(const Message& message) {
  return std::any_of(message.slices.begin(), message.slices.end(), [&](const Slice& slice) {
    return slice.begin != message.slices.front().begin;
  });
}

Outbox::Line& Outbox::line_of(DeviceId device) {
  if (device >= lines_.size()) lines_.resize(std::size_t{device} + 1);
  return lines_[device];
}

void Outbox::add(Message message) {
  bytes_ += message.bytes();
  Messages& messages = lane(message.lane);
  const Place place = messages.insert(messages.end(), std::move(message));
  if (place->lane != Lane::stored) return;
  line_of(place->device).push_back(place);
  if (next_stored_ == messages.end()) next_stored_ = place;
}

Outbox::Place Outbox::first_waiting(Lane which) {
  if (which == Lane::stored) return next_stored_;
  Messages& messages = lane(which);
  return std::find_if(messages.begin(), messages.end(),
                      [](const Message& message) { return message.state == State::waiting; });
}

const Message* Outbox::next(Lane which) {
  const Place place = first_waiting(which);
  return place == lane(which).end() ? nullptr : &*place;
}

bool Outbox::has_window() const {
  if (in_flight_ == 0) return true;
  if (suspect_flies_) return false;
  if (next_stored_ != lanes_[2].end() && is_suspect(*next_stored_)) return false;
  return in_flight_ < limits_.messages && in_flight_bytes_ < limits_.bytes;
}

void Outbox::sent(Lane which, int packet_id) {
  const Place place = first_waiting(which);
  place->state = State::sent;
  flying_[packet_id] = place;
  if (which == Lane::urgent) return;
  ++in_flight_;
  in_flight_bytes_ += place->payload.size();
  suspect_flies_ = is_suspect(*place);
  if (which != Lane::stored) return;
  Messages& messages = lane(Lane::stored);
  do {
    ++next_stored_;
  } while (next_stored_ != messages.end() && next_stored_->state != State::waiting);
}

const Message* Outbox::find(int packet_id) const {
  const auto found = flying_.find(packet_id);
  return found == flying_.end() ? nullptr : &*found->second;
}

void Outbox::acknowledged(int packet_id) {
  const auto found = flying_.find(packet_id);
  if (found == flying_.end()) return;
  const Place place = found->second;
  flying_.erase(found);
  place->state = State::acknowledged;
  if (place->lane == Lane::stored) {
    place->blamed = place->alone = 0;
    takes_messages_ = true;
    finish_line(place->device);
  } else {
    finish(place);
  }
}

void Outbox::finish_line(DeviceId device) {
  Line& line = line_of(device);
  while (!line.empty() && line.front()->state == State::acknowledged) {
    const Place place = line.front();
    line.pop_front();
    finish(place);
  }
}

void Outbox::finish(Place place) {
  if (place->lane != Lane::urgent) {
    for (const Slice& slice : place->slices)
      ledger_.release(slice.record);
  }
  bytes_ -= place->bytes();
  if (place->state == State::acknowledged) ++finished_;
  if (place->lane != Lane::urgent && place->state != State::waiting) {
    --in_flight_;
    in_flight_bytes_ -= place->payload.size();
  }
  lane(place->lane).erase(place);
}

std::vector<Seq> Outbox::refused(int packet_id) {
  const auto found = flying_.find(packet_id);
  if (found == flying_.end()) return {};
  const Place place = found->second;
  flying_.erase(found);
  return refuse(place, place->slices.size());
}

std::vector<Seq> Outbox::refused_unsent(Lane which) {
  const Place place = first_waiting(which);
  return refuse(place, place->slices.size());
}

std::vector<Seq> Outbox::refused_waiting(const Message& message) {
  Messages& messages = lane(Lane::stored);
  const auto place = std::find_if(messages.begin(), messages.end(),
                                  [&](const Message& other) { return &other == &message; });
  return place == messages.end() ? std::vector<Seq>{} : refuse(place, kSuspectParts);
}

std::vector<Seq> Outbox::refuse(Place place, std::size_t most_parts) {
  std::vector<Seq> given_up;
  const auto release_all = [&] {
    for (const Slice& slice : place->slices)
      given_up.push_back(slice.record);
    if (next_stored_ == place) ++next_stored_;
    finish(place);
  };
  if (place->lane != Lane::stored) {
    release_all();
    return given_up;
  }
  const DeviceId device = place->device;
  Line& line = line_of(device);
  const auto in_line = std::find(line.begin(), line.end(), place);
  if (!is_divisible(*place)) {
    line.erase(in_line);
    release_all();
  } else {
    const std::span<const Slice> slices{place->slices};
    const std::size_t each = (slices.size() + most_parts - 1) / most_parts;
    for (std::size_t i = 0; i < slices.size(); i += each) {
      Message part = part_of(*place, slices.subspan(i, std::min(each, slices.size() - i)));
      bytes_ += part.bytes();
      line.insert(in_line, lane(Lane::stored).insert(place, std::move(part)));
    }
    send_again_from(line, line.erase(in_line));
    place->slices.clear();  // their holds went to the parts
    finish(place);
  }
  Messages& messages = lane(Lane::stored);
  next_stored_ = std::find_if(messages.begin(), messages.end(), [](const Message& message) {
    return message.state == State::waiting;
  });
  finish_line(device);
  return given_up;
}

/// Attributes that were sent behind the refused message must come after its parts once more, or an
/// older value would stay on top.
void Outbox::send_again_from(Line& line, Line::iterator from) {
  for (; from != line.end(); ++from) {
    const Place place = *from;
    if (place->kind != Message::Kind::attributes || place->state == State::waiting) continue;
    const auto flying = std::find_if(flying_.begin(), flying_.end(),
                                     [&](const auto& entry) { return entry.second == place; });
    if (flying != flying_.end()) flying_.erase(flying);
    place->state = State::waiting;
    --in_flight_;
    in_flight_bytes_ -= place->payload.size();
    ++resent_;
  }
}

std::size_t Outbox::expire(Time now) {
  std::size_t expired = 0;
  Messages& messages = lane(Lane::urgent);
  for (Place place = messages.begin(); place != messages.end();) {
    const Place here = place++;
    if (here->state != State::waiting || here->expires > now) continue;
    finish(here);
    ++expired;
  }
  return expired;
}

Time Outbox::first_expiry() const {
  Time first = Time::max();
  for (const Message& message : lanes_[static_cast<std::size_t>(Lane::urgent)]) {
    if (message.state == State::waiting) first = std::min(first, message.expires);
  }
  return first;
}

void Outbox::connection_lost() {
  flying_.clear();
  suspect_flies_ = false;
  in_flight_ = 0;
  in_flight_bytes_ = 0;
  for (const Message& message : lane(Lane::control))
    bytes_ -= message.bytes();
  lane(Lane::control).clear();
  for (const Lane which : {Lane::urgent, Lane::stored}) {
    for (Message& message : lane(which)) {
      if (message.state == State::waiting) continue;
      message.state = State::waiting;
      ++resent_;
    }
  }
  next_stored_ = lane(Lane::stored).begin();
}

}  // namespace tbgw::tb
