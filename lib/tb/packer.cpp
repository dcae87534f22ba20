// SPDX-License-Identifier: Apache-2.0
#include "tb/packer.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "tb/json_cursor.hpp"
#include "tb/topics.hpp"

namespace tbgw::tb {
namespace {

// {"NAME":[…]} and {"NAME":{…}} around the name and the body.
constexpr std::size_t kFrame = 5;
/// Larger batches grow by doubling: their size says less about the next one.
constexpr std::uint32_t kMostReserved = 4096;

/// `first` is where the members begin: no comma goes there.
void append_field(std::string& out, std::size_t first, const Field& field) {
  if (out.size() > first) out.push_back(',');
  out.append(field.key).push_back(':');
  out.append(field.value);
}

void append_entry_head(std::string& out, std::string_view ts) {
  out.append("{\"ts\":").append(ts).append(",\"values\":{");
}

/// One allocation instead of a handful: batches of a device are like each other.
void reserve(Batch& batch) {
  batch.telemetry.reserve(std::min(batch.last_bytes, kMostReserved));
  batch.slices.reserve(std::min(batch.last_records, kMostReserved / 64));
}

std::string too_large(const Field& field, std::size_t room) {
  std::string unescaped;
  return in_quotes(string_text(field.key, unescaped)) + " has a value of " +
         std::to_string(field.value.size()) + " bytes; a message has room for " +
         std::to_string(room);
}

}  // namespace

struct Packer::Job {
  DeviceId id;
  Device& device;
  const Reading& reading;
  Seq record;
  Time now;
  std::vector<Message>& sealed;
  std::vector<std::string>& left_out;
  std::size_t room;   ///< for the body of a message of this device, as it is wanted
  std::size_t limit;  ///< and as it may be
};

void Packer::set_max_payload(std::size_t bytes) {
  max_payload_ = bytes;
}

std::size_t Packer::room(std::size_t topic_length) const {
  const std::size_t taken = topic_length + kPacketOverhead;
  return max_payload_ > taken ? max_payload_ - taken : 0;
}

void Packer::add(DeviceId id, Device& device, const Reading& reading, Seq record, Time now,
                 std::vector<Message>& sealed, std::vector<std::string>& left_out) {
  const std::size_t whole = room(topics::kLongestData.size());
  const std::size_t frame_size = kFrame + device.quoted.size();
  const std::size_t limit = whole > frame_size ? whole - frame_size : 0;
  const std::size_t beside = max_payload_ > limit ? max_payload_ - limit : 0;
  const bool wants_less = wanted_payload_ > beside && wanted_payload_ < max_payload_;
  Job job{id,   device, reading,  record,
          now,  sealed, left_out, wants_less ? wanted_payload_ - beside : limit,
          limit};
  Batch& batch = device.batch;
  if (batch.empty()) batch.opened = now;
  if (batch.telemetry.empty() && !reading.entries.empty()) reserve(batch);
  if (!reading.attributes.empty()) add_attributes(job);
  if (!reading.entries.empty()) add_entries(job);
}

/// All records of a batch have the same attributes, or none: telemetry must not overtake a change
/// of them, nor they it.
void Packer::add_attributes(Job& job) {
  scratch_.clear();
  for (const Field& field : job.reading.attributes)
    append_field(scratch_, 0, field);
  Batch& batch = job.device.batch;
  if (!batch.empty() && batch.attributes != scratch_) {
    seal(job.id, job.device, job.sealed);
    batch.opened = job.now;
  }
  if (scratch_.size() > job.room) return split_attributes(job);
  if (batch.attributes_of.empty()) batch.attributes = scratch_;
  batch.attributes_of.push_back(job.record);
  ledger_.hold(job.record);
}

void Packer::split_attributes(Job& job) {
  Batch& batch = job.device.batch;
  const auto finish = [&] {
    if (batch.attributes.empty()) return;
    batch.attributes_of.push_back(job.record);
    ledger_.hold(job.record);
    seal_attributes(job.id, job.device, job.sealed);
  };
  for (const Field& field : job.reading.attributes) {
    const std::size_t size = field.key.size() + 1 + field.value.size();
    if (size > job.limit) {
      job.left_out.push_back(too_large(field, job.limit));
      continue;
    }
    if (batch.attributes.size() + 1 + size > job.room) finish();
    append_field(batch.attributes, 0, field);
  }
  finish();
}

void Packer::add_entries(Job& job) {
  Batch& batch = job.device.batch;
  for (const Entry& entry : job.reading.entries) {
    const std::size_t before = batch.telemetry.size();
    if (before > 0) batch.telemetry.push_back(',');
    std::size_t begin = batch.telemetry.size();
    append_entry_head(batch.telemetry, entry.ts);
    const std::size_t first = batch.telemetry.size();
    for (std::size_t i = 0; i < entry.count; ++i) {
      append_field(batch.telemetry, first, job.reading.fields[entry.first + i]);
    }
    batch.telemetry.append("}}");
    if (batch.telemetry.size() > job.room || has_too_many(batch, entry.count)) {
      scratch_.assign(batch.telemetry, begin);
      batch.telemetry.resize(before);
      seal(job.id, job.device, job.sealed);
      batch.opened = job.now;
      if (scratch_.size() > job.room || has_too_many(batch, entry.count)) {
        split_entry(job, entry);
        continue;
      }
      reserve(batch);
      batch.telemetry.append(scratch_);
      begin = 0;
    }
    if (batch.slices.empty() || batch.slices.back().record != job.record) {
      batch.slices.push_back({job.record, static_cast<std::uint32_t>(begin), 0});
      ledger_.hold(job.record);
    }
    batch.values += entry.count;
    Slice& slice = batch.slices.back();
    slice.size = static_cast<std::uint32_t>(batch.telemetry.size()) - slice.begin;
  }
}

/// One more entry of so many values would be more than the platform wants in a message.
bool Packer::has_too_many(const Batch& batch, std::size_t more) const {
  return most_values_ > 0 && batch.values + more > most_values_;
}

/// An entry that is too large for a message becomes several of the same time.
void Packer::split_entry(Job& job, const Entry& entry) {
  Batch& batch = job.device.batch;
  std::string head;
  append_entry_head(head, entry.ts);
  std::string body = head;
  std::size_t values = 0;
  const auto finish = [&] {
    values = 0;
    if (body.size() == head.size()) return;
    batch.telemetry = body + "}}";
    batch.slices.push_back({job.record, 0, static_cast<std::uint32_t>(batch.telemetry.size())});
    ledger_.hold(job.record);
    seal_telemetry(job.id, job.device, job.sealed);
    body = head;
  };
  for (std::size_t i = 0; i < entry.count; ++i) {
    const Field& field = job.reading.fields[entry.first + i];
    const std::size_t size = field.key.size() + 1 + field.value.size();
    const std::size_t frame_size = head.size() + 2;
    if (frame_size + size > job.limit) {
      const std::size_t room = job.limit > frame_size ? job.limit - frame_size : 0;
      job.left_out.push_back(too_large(field, room));
      continue;
    }
    if (body.size() + 1 + size + 2 > job.room || values == most_values_) finish();
    append_field(body, head.size(), field);
    ++values;
  }
  finish();
}

Message Packer::frame(Message::Kind kind, DeviceId id, const Device& device,
                      const std::string& body) const {
  const bool is_telemetry = kind == Message::Kind::telemetry;
  Message message;
  message.kind = kind;
  message.device = id;
  message.payload.reserve(body.size() + device.quoted.size() + kFrame);
  if (id == kGatewayItself) {
    message.topic = is_telemetry ? topics::kMyTelemetry : topics::kMyAttributes;
  } else {
    message.topic = is_telemetry ? topics::kTelemetry : topics::kAttributes;
    message.payload.append("{").append(device.quoted).append(":");
  }
  message.payload.append(is_telemetry ? "[" : "{").append(body).append(is_telemetry ? "]" : "}");
  if (id != kGatewayItself) message.payload.append("}");
  return message;
}

void Packer::seal(DeviceId id, Device& device, std::vector<Message>& sealed) {
  seal_attributes(id, device, sealed);
  seal_telemetry(id, device, sealed);
}

void Packer::seal_attributes(DeviceId id, Device& device, std::vector<Message>& sealed) {
  Batch& batch = device.batch;
  if (batch.attributes_of.empty()) return;
  Message message = frame(Message::Kind::attributes, id, device, batch.attributes);
  const std::size_t around = message.payload.size() - batch.attributes.size();
  const std::size_t behind = id == kGatewayItself ? 1 : 2;
  for (const Seq record : batch.attributes_of) {
    message.slices.push_back({record, static_cast<std::uint32_t>(around - behind),
                              static_cast<std::uint32_t>(batch.attributes.size())});
  }
  batch.attributes = std::string{};  // `= {}` would keep the memory
  batch.attributes_of = std::vector<Seq>{};
  sealed.push_back(std::move(message));
}

void Packer::seal_telemetry(DeviceId id, Device& device, std::vector<Message>& sealed) {
  Batch& batch = device.batch;
  if (batch.slices.empty()) return;
  Message message = frame(Message::Kind::telemetry, id, device, batch.telemetry);
  const std::size_t around = message.payload.size() - batch.telemetry.size();
  const std::size_t behind = id == kGatewayItself ? 1 : 2;
  batch.last_bytes = static_cast<std::uint32_t>(batch.telemetry.size());
  batch.last_records = static_cast<std::uint32_t>(batch.slices.size());
  if (batch.slices.capacity() > 2 * batch.slices.size()) batch.slices.shrink_to_fit();
  message.slices = std::move(batch.slices);
  for (Slice& slice : message.slices)
    slice.begin += static_cast<std::uint32_t>(around - behind);
  batch.telemetry = std::string{};
  batch.values = 0;
  batch.slices = std::vector<Slice>{};
  sealed.push_back(std::move(message));
}

}  // namespace tbgw::tb
