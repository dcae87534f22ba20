// SPDX-License-Identifier: Apache-2.0
// library: core
// Any bytes as a record line: what JsonView accepts, nlohmann accepts too, and the views it gives
// lie inside the line.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "core/json_view.hpp"
#include "core/line_reader.hpp"
#include "core/record.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static tbgw::JsonView json;
  std::string line(reinterpret_cast<const char*>(data), size);
  line.append(tbgw::kLinePadding, '\0');
  const std::string_view text = std::string_view{line}.substr(0, size);
  const auto members = json.object(text);
  if (!members) {
    if (members.error().text.empty()) std::abort();
    return 0;
  }
  if (nlohmann::json::parse(text, nullptr, false).is_discarded()) std::abort();
  for (const tbgw::JsonMember& member : *members) {
    if (member.raw.empty() || member.raw.data() < text.data() ||
        member.raw.data() + member.raw.size() > text.data() + text.size()) {
      std::abort();
    }
  }
  static_cast<void>(tbgw::kind_of(*members));
  return 0;
}
