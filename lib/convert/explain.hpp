// SPDX-License-Identifier: Apache-2.0
// --explain: what becomes of a line, and why, in words for people.
#pragma once

#include <string>
#include <string_view>

#include "convert/downlink.hpp"
#include "convert/explain_mapped.hpp"
#include "convert/line.hpp"
#include "convert/map.hpp"
#include "convert/select.hpp"
#include "convert/uplink.hpp"
#include "convert/value.hpp"
#include "core/json_view.hpp"
#include "core/line_reader.hpp"

namespace tbgw::convert {

class Explainer {
 public:
  /// `map` (finished) must outlive this object and not change. `downlink`: explain the way down.
  Explainer(const Map& map, bool downlink);
  ~Explainer();
  Explainer(const Explainer&) = delete;
  Explainer& operator=(const Explainer&) = delete;

  /// Appends a paragraph: what the line is, which rule matched and by what, what each field saw,
  /// the value or why there is none, and the lines that come of it. Returns what convert() says.
  Outcome explain(const Line& line, std::string_view place, std::string& out);

 private:
  void explain_raw(const Members& members, std::string& out);
  void explain_fields(const std::vector<Field>& fields, std::string_view what,
                      std::string_view record, std::string& out);
  void explain_field(const Field& field, std::string_view record, std::string& out);

  const Map& map_;
  bool downlink_;
  Selector selector_;
  Uplink up_;
  Downlink down_;
  ValueWriter values_;
  MappedExplainer mapped_;
  FrameBytes frame_;
  JsonView view_;
  std::string result_;
};

}  // namespace tbgw::convert
