// SPDX-License-Identifier: Apache-2.0
// What the rules of a map for messages make of one record, in words.
#pragma once

#include <string>
#include <string_view>

#include "convert/decoder.hpp"
#include "convert/item.hpp"
#include "convert/line.hpp"
#include "convert/map.hpp"

namespace tbgw::convert {

class MappedExplainer {
 public:
  /// `map` (finished) must outlive this object and not change.
  explicit MappedExplainer(const Map& map) : map_(map), items_(map.compat) {}

  /// Appends lines: which rules take the record or why not, what each message in it says about
  /// which device, what each entry saw, its value or why it has none.
  void explain(const Members& members, std::string_view bytes, std::string& out);

 private:
  [[nodiscard]] std::string why_not(const Mapping& mapping, const Message& message) const;
  void explain_message(const Mapping& mapping, const Message& message, std::string& out);
  void explain_device(const Mapping& mapping, const Message& message, std::string& out) const;
  void explain_time(const Mapping& mapping, const Message& message, std::string& out) const;
  void explain_item(const Mapping& mapping, const Item& item, std::string_view what,
                    const Message& message, std::string& out);

  const Map& map_;
  ItemReader items_;
  Decoder decoder_;
  Message message_;
  std::string value_;
};

}  // namespace tbgw::convert
