// SPDX-License-Identifier: Apache-2.0
// Raw records through the mappings of a map: which take them, what each message in them says about
// which device, as readings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "convert/decoder.hpp"
#include "convert/item.hpp"
#include "convert/line.hpp"
#include "convert/map.hpp"
#include "convert/reporter.hpp"
#include "core/result.hpp"

namespace tbgw::convert {

class Mapper {
 public:
  /// `map` (finished) must outlive this object and not change.
  /// So must `reporter`.
  Mapper(const Map& map, Reporter& reporter);

  struct Done {
    std::string reason;  ///< why something could not be converted, "" = nothing was lost
    std::uint64_t readings = 0;
    std::uint64_t rejected_fields = 0;
    std::size_t last_line = 0;  ///< where in `out` the last reading begins, if there is one
  };
  /// Appends a reading for each message of each mapping that takes the record. The reference lives
  /// until the next call.
  const Done& convert(const Members& members, std::string_view bytes, std::string& out);

  /// The mapping that takes a record, for --explain.
  [[nodiscard]] std::vector<const Mapping*> takers(std::string_view source,
                                                   std::string_view address,
                                                   std::string_view device) const;

 private:
  struct Entry {
    std::string stamp;  ///< whole milliseconds, "" = none
    bool own = false;   ///< from the message: the record's doubt is not its
    std::string values;
  };

  void take(const Mapping& mapping, const Message& message, std::string& out);
  Result<void> identify(const Mapping& mapping, const Message& message);
  Result<bool> wanted(const Mapping& mapping, const Message& message);
  void find_time(const Mapping& mapping, const Message& message);
  bool read_time(const Mapping& mapping, const TimeFrom& from, const Message& message,
                 std::string& stamp);
  void append_items(const Mapping& mapping, const std::vector<Item>& items, bool telemetry,
                    const Message& message);
  void append_item(const Mapping& mapping, const Item& item, bool telemetry,
                   const Message& message);
  void append_every(const Item& item, bool telemetry, const Message& message,
                    std::string_view stamp, std::string& to);
  bool reported(const Item& item, bool telemetry, std::string_view key, std::string_view value,
                std::string_view stamp);
  Result<bool> append_key(const Item& item, const Message& message, std::string& to);
  Entry& entry_for(const Mapping& mapping, const Item& item, const Message& message);
  void append_reading(std::string& out);
  void append_event(const Mapping& mapping, const Message& message, std::string& out);
  bool append_request(const Mapping& mapping, const Message& message, std::string& out);
  bool append_keys(const Text& keys, const Message& message, std::string& out);
  void problem(const Mapping& mapping, std::string_view what, std::string_view why);
  void keep_last(std::string& values);
  [[nodiscard]] Error nobody(std::string_view address) const;

  const Map& map_;
  Reporter& reporter_;
  Decoder decoder_;
  ItemReader items_;
  Message message_;
  Done done_;
  std::string_view record_stamp_;
  std::string_view clock_;
  Envelope envelope_;
  std::string device_;
  std::string profile_;
  std::string stamp_;
  bool own_stamp_ = false;
  std::string attributes_;
  std::vector<Entry> entries_;
  std::size_t used_entries_ = 0;
  bool some_missing_ = false;
  bool held_back_ = false;  ///< a value of the message was, by its report strategy
  bool bad_ = false;        ///< a field of the message could not be converted
  JsonView view_;
  std::string key_;
  std::int64_t requests_ = 0;
};

}  // namespace tbgw::convert
