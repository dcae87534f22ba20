// SPDX-License-Identifier: Apache-2.0
// From captured raw records to a map that fits them, as a start for a person: a guess, with what it
// rests on in comments. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "convert/line.hpp"
#include "convert/shape.hpp"
#include "convert/suggest_column.hpp"
#include "core/json_view.hpp"
#include "core/line_reader.hpp"

namespace tbgw::convert {

/// Looks at records, any number of them; what it remembers is bounded.
class Suggester {
 public:
  void add(const Line& line);

  [[nodiscard]] std::uint64_t raw_records() const { return raw_; }
  /// A native map in TOML; "" = no record can be made anything of. `capture` names the input.
  [[nodiscard]] std::string map(std::string_view capture) const;

 private:
  /// Messages that look alike.
  struct Cluster {
    Shape first;
    std::uint64_t count = 0;  ///< of records
    std::uint64_t rows = 0;
    std::vector<Column> columns;
    std::map<std::string, std::size_t, std::less<>> index;
    std::vector<std::string> samples;  ///< binary ones; else only the first
  };
  /// Where records come from.
  struct Origin {
    std::string source;
    std::string member;   ///< of the address: "topic" …; "" = the records name their device
    std::string address;  ///< with patterns for what is a number in it
    std::string example;
    std::uint64_t count = 0;
    std::map<std::string, Cluster> clusters;
  };

  struct Roles {
    const Column* name = nullptr;
    const Column* time = nullptr;
  };

  void add_raw(const Members& members);
  static void add_shape(Cluster& cluster, Shape shape, std::string_view bytes);
  [[nodiscard]] std::vector<const Cluster*> chosen(const Origin& origin) const;
  void write(const Origin& origin, std::string& out) const;
  void write_origin(const Origin& origin, std::string& out) const;
  static Roles roles_in(const Origin& origin, const Cluster& cluster);
  static void write_device(const Origin& origin, const Roles& roles, std::string& out);
  static void write_entries(const Cluster& cluster, const Roles& roles, std::string& out);
  void write_cluster(const Origin& origin, const Cluster& cluster, bool alone,
                     std::string& out) const;

  std::map<std::string, Origin> origins_;
  std::uint64_t raw_ = 0;
  std::uint64_t left_out_ = 0;  ///< came from more places than are remembered, or fit nothing
  FrameBytes frame_;
  JsonView view_;
};

}  // namespace tbgw::convert
