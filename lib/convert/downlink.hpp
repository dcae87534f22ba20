// SPDX-License-Identifier: Apache-2.0
// The way down: attributes and rpc events become commands for a byte-minded connector, or the error
// that goes back up. Everything else passes byte for byte.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "convert/down_writer.hpp"
#include "convert/line.hpp"
#include "convert/map.hpp"
#include "convert/select.hpp"
#include "core/json_view.hpp"
#include "core/line_reader.hpp"

namespace tbgw::convert {

class Downlink {
 public:
  /// `map` (finished) must outlive this object and not change.
  explicit Downlink(const Map& map);

  /// Appends what `line` becomes: any number of lines, newlines included.
  Outcome convert(const Line& line, std::string& out);

  struct Counts {
    std::uint64_t lines = 0;
    std::uint64_t commands = 0;    ///< written for a device
    std::uint64_t rpc_errors = 0;  ///< RPCs that were answered with an error at once
    std::uint64_t ignored = 0;     ///< attributes that the map has no command for
    std::uint64_t deleted = 0;     ///< deleted attributes: there is no command for that
    std::uint64_t passed = 0;      ///< lines of others, unchanged
    std::uint64_t rejected = 0;    ///< lines that are not what they say they are
  };
  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  Outcome reject(const Envelope& envelope, std::string& out, std::string_view reason);
  Result<void> convert_event(std::string_view line, const Members& members, std::string& out);
  Result<void> convert_attributes(std::span<const JsonMember> data, std::string_view device,
                                  std::string& out);
  Result<void> convert_rpc(std::span<const JsonMember> data, std::string_view device,
                           std::string& out);
  Result<void> convert_mapped(std::string_view event, std::string_view line, const Members& members,
                              std::string_view device, std::string& out);
  Result<void> mapped_attributes(std::span<const JsonMember> data, std::string_view device,
                                 std::string& out);
  Result<void> mapped_rpc(std::span<const JsonMember> data, std::string_view device,
                          std::string& out);
  Result<void> mapped_response(const Members& members, std::span<const JsonMember> data,
                               std::string_view device, std::string& out);
  void remember_last_line(std::size_t start, const std::string& out);
  bool is_connectors(const Members& members);
  void count_deleted(const JsonMember& deleted);
  void begin_command(const Choice& choice, std::string& out);
  void append_send(std::string& out, std::string_view bytes, bool binary);
  void note(const std::string& text);

  const Map& map_;
  Selector selector_;
  DownWriter writer_;
  JsonView view_;
  JsonView data_view_;
  JsonView list_view_;
  std::size_t last_line_ = 0;  ///< where in `out` the last line of the current event starts
  std::string reason_;
  std::string note_;
  Counts counts_;
};

}  // namespace tbgw::convert
