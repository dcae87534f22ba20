// SPDX-License-Identifier: Apache-2.0
// The state of a gateway for Prometheus, in its text format 0.0.4. Pure; metrics_server.hpp serves
// it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "run/statistics.hpp"

namespace tbgw::run {

/// Families of samples, each family with its HELP and TYPE once, whatever the order of add().
class MetricsText {
 public:
  using Labels = std::vector<std::pair<std::string_view, std::string_view>>;
  enum class Kind { counter, gauge };

  /// `name` is made fit for Prometheus. The first `kind` and `help` of a name count.
  void add(std::string_view name, Kind kind, std::string_view help, const Labels& labels,
           double value);
  [[nodiscard]] std::string text() const;

 private:
  struct Family {
    Kind kind = Kind::gauge;
    std::string help;
    std::map<std::string, std::string> samples;  ///< labels -> value
  };
  std::map<std::string, Family> families_;
};

/// heldBytes -> held_bytes; what Prometheus does not allow becomes '_'.
std::string metric_name(std::string_view counter);

struct PipelineGlance {
  std::string name;
  std::string type;
  bool up = false;
  std::uint64_t restarts = 0;
};

struct GatewayGlance {
  std::string version;
  bool platform_up = false;
  std::vector<PipelineGlance> pipelines;
  Machine machine;
};

std::string metrics_text(const StatisticsBook& book, const GatewayGlance& glance);

}  // namespace tbgw::run
