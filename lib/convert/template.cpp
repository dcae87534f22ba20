// SPDX-License-Identifier: Apache-2.0
#include "convert/template.hpp"

namespace tbgw::convert {

Template parse_template(std::string_view text, std::string_view attribute,
                        std::vector<std::string>& unknown) {
  using What = Template::Piece::What;
  Template out;
  std::string plain;
  while (!text.empty()) {
    std::size_t open = text.find("${");
    const std::size_t close = open == std::string_view::npos ? open : text.find('}', open);
    if (close == std::string_view::npos) break;
    open = text.rfind("${", close);  // "${a ${b}" is the text "${a " and the place ${b}
    const std::string_view name = text.substr(open + 2, close - open - 2);
    What what = What::text;
    if (name == "deviceType") what = What::device_type;
    if (name == "deviceName") what = What::device_name;
    if (name == attribute) what = What::value;
    if (what == What::text) {
      unknown.emplace_back(name);
      plain.append(text.substr(0, close + 1));
    } else {
      plain.append(text.substr(0, open));
      out.pieces.push_back({What::text, plain});
      out.pieces.push_back({what, ""});
      plain.clear();
    }
    text.remove_prefix(close + 1);
  }
  out.pieces.push_back({What::text, plain.append(text)});
  return out;
}

std::string fill(const Template& from, std::string_view value, std::string_view device_name,
                 std::string_view device_type) {
  using What = Template::Piece::What;
  std::string out;
  for (const Template::Piece& piece : from.pieces) {
    switch (piece.what) {
      case What::text:
        out += piece.text;
        break;
      case What::value:
        out += value;
        break;
      case What::device_name:
        out += device_name;
        break;
      case What::device_type:
        out += device_type;
        break;
    }
  }
  return out;
}

}  // namespace tbgw::convert
