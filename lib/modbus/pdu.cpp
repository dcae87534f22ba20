// SPDX-License-Identifier: Apache-2.0
#include "modbus/pdu.hpp"

#include <array>

#include "modbus/wire.hpp"

namespace tbgw::modbus {
namespace {

constexpr std::uint8_t kEncapsulated = 43;
constexpr std::uint8_t kDeviceIdentification = 14;

Error out_of_range(std::string_view what, std::size_t count, std::size_t most) {
  return Error{std::to_string(count) + " " + std::string{what} + " are not 1 to " +
               std::to_string(most)};
}

Result<void> check_span(std::uint32_t address, std::size_t count, std::string_view what,
                        std::size_t most) {
  if (count < 1 || count > most) return out_of_range(what, count, most);
  if (address + count > 0x10000U) {
    return Error{std::to_string(count) + " " + std::string{what} + " from address " +
                 std::to_string(address) + " on reach past the last one (65535)"};
  }
  return {};
}

void put_registers(std::string& out, const std::vector<std::uint16_t>& cells) {
  out += static_cast<char>(cells.size() * 2);
  for (const std::uint16_t word : cells)
    put_word(out, word);
}

/// Coil i is bit i % 8 of byte i / 8.
void put_coils(std::string& out, const std::vector<std::uint16_t>& cells) {
  const std::size_t bytes = (cells.size() + 7) / 8;
  out += static_cast<char>(bytes);
  const std::size_t start = out.size();
  out.append(bytes, '\0');
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (cells[i] == 0) continue;
    char& byte = out[start + i / 8];
    byte = static_cast<char>(static_cast<unsigned char>(byte) | (1U << i % 8));
  }
}

/// function(1) address(2) …
Result<void> put_arguments(std::string& out, const Request& request) {
  put_word(out, request.address);
  switch (request.function) {
    case 1:
    case 2:
      put_word(out, request.count);
      return check_span(request.address, request.count, "coils", kMostBitsRead);
    case 3:
    case 4:
      put_word(out, request.count);
      return check_span(request.address, request.count, "registers", kMostRegistersRead);
    case 5:
    case 6:
      if (request.cells.size() != 1) return Error{"function codes 5 and 6 write one value"};
      put_word(out, request.function == 6 ? request.cells[0] : request.cells[0] != 0 ? 0xff00 : 0);
      return {};
    case 15:
      put_word(out, static_cast<std::uint16_t>(request.cells.size()));
      put_coils(out, request.cells);
      return check_span(request.address, request.cells.size(), "coils", kMostBitsWritten);
    case 16:
      put_word(out, static_cast<std::uint16_t>(request.cells.size()));
      put_registers(out, request.cells);
      return check_span(request.address, request.cells.size(), "registers", kMostRegistersWritten);
    case 22:
      put_word(out, request.and_mask);
      put_word(out, request.or_mask);
      return {};
    default:  // 23
      put_word(out, request.count);
      put_word(out, request.write_address);
      put_word(out, static_cast<std::uint16_t>(request.cells.size()));
      put_registers(out, request.cells);
      if (auto good = check_span(request.address, request.count, "registers", kMostRegistersRead);
          !good) {
        return good;
      }
      return check_span(request.write_address, request.cells.size(), "registers", 121);
  }
}

bool has_arguments(std::uint8_t function) {
  return (function >= 1 && function <= 6) || function == 15 || function == 16 || function == 22 ||
         function == 23;
}

}  // namespace

Request read_request(Table table, std::uint16_t address, std::uint16_t count) {
  Request request;
  request.function = read_function(table);
  request.address = address;
  request.count = count;
  return request;
}

Request write_request(const Write& write, std::uint8_t function, bool multiple) {
  Request request;
  request.address = write.address;
  if (write.mask && write.cells.size() == 1) {
    request.function = 22;
    request.and_mask = static_cast<std::uint16_t>(~*write.mask);
    request.or_mask = write.cells[0];
    return request;
  }
  const bool coils = is_bits(write.table);
  const bool many = multiple || write.cells.size() != 1 || function == 15 || function == 16;
  request.function = static_cast<std::uint8_t>(coils ? (many ? 15 : 5) : (many ? 16 : 6));
  request.cells = write.cells;
  return request;
}

Request identify_request(std::uint8_t read_code, std::uint8_t first_object) {
  Request request;
  request.function = kEncapsulated;
  request.read_code = read_code;
  request.object = first_object;
  return request;
}

Result<std::string> to_pdu(const Request& request) {
  std::string out(1, static_cast<char>(request.function));
  if (request.function == 0 || request.function > 127) {
    return Error{"there is no function code " + std::to_string(request.function)};
  }
  if (request.verbatim) {
    out += request.raw;
  } else if (has_arguments(request.function)) {
    if (const auto good = put_arguments(out, request); !good) return good.error();
  } else if (request.function == kEncapsulated && request.raw.empty()) {
    out += static_cast<char>(kDeviceIdentification);
    out += static_cast<char>(request.read_code);
    out += static_cast<char>(request.object);
  } else {
    out += request.raw;
  }
  if (out.size() > kMostPdu) return out_of_range("bytes", out.size(), kMostPdu);
  return out;
}

std::size_t answer_size(const Request& request) {
  if (request.verbatim) return 0;
  switch (request.function) {
    case 1:
    case 2:
      return 2U + (request.count + 7U) / 8U;
    case 3:
    case 4:
    case 23:
      return 2U + 2U * request.count;
    case 5:
    case 6:
    case 15:
    case 16:
      return 5;
    case 22:
      return 7;
    default:
      return 0;
  }
}

std::string exception_text(std::uint8_t code) {
  switch (code) {
    case 1:
      return "illegal function";
    case 2:
      return "illegal data address";
    case 3:
      return "illegal data value";
    case 4:
      return "server device failure";
    case 5:
      return "acknowledged, not yet done";
    case 6:
      return "server device busy";
    case 7:
      return "negative acknowledge";
    case 8:
      return "memory parity error";
    case 10:
      return "gateway path unavailable";
    case 11:
      return "gateway target device failed to respond";
    default:
      return "exception " + std::to_string(code);
  }
}

std::string object_name(std::uint8_t object) {
  static constexpr std::array<std::string_view, 7> kNames{
      "VendorName",  "ProductCode", "MajorMinorRevision", "VendorUrl",
      "ProductName", "ModelName",   "UserApplicationName"};
  if (object < kNames.size()) return std::string{kNames[object]};
  return "object " + std::to_string(object);
}

}  // namespace tbgw::modbus
