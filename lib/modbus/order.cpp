// SPDX-License-Identifier: Apache-2.0
#include "modbus/order.hpp"

#include <array>
#include <cctype>

#include "core/text.hpp"

namespace tbgw::modbus {
namespace {

struct Named {
  std::string_view name;
  Order order;
};
constexpr std::array<Named, 4> kOrders{{{"ABCD", {false, false}},
                                        {"CDAB", {false, true}},
                                        {"BADC", {true, false}},
                                        {"DCBA", {true, true}}}};

}  // namespace

Result<Order> parse_order(std::string_view text) {
  std::string upper;
  for (const char c : text)
    upper += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  for (const Named& known : kOrders) {
    if (known.name == upper) return known.order;
  }
  return Error{in_quotes(text) + " is not an order (ABCD, CDAB, BADC or DCBA)"};
}

std::string_view name_of(Order order) {
  for (const Named& known : kOrders) {
    if (known.order == order) return known.name;
  }
  return "ABCD";
}

}  // namespace tbgw::modbus
