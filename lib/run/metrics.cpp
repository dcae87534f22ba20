// SPDX-License-Identifier: Apache-2.0
#include "run/metrics.hpp"

#include <array>
#include <cctype>
#include <charconv>

namespace tbgw::run {
namespace {

using Kind = MetricsText::Kind;

/// Backslash and newline, and quotes in the value of a label.
std::string escaped(std::string_view text, bool quotes) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
  return out;
}

std::string labels_text(const MetricsText::Labels& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    if (value.empty()) continue;  // an empty label is none
    out.append(out.empty() ? "{" : ",").append(name).append("=\"");
    out.append(escaped(value, true)).append("\"");
  }
  return out.empty() ? out : out + "}";
}

std::string number_text(double value) {
  std::array<char, 40> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end.ptr};
}

void add_counters(MetricsText& out, const StatisticsBook& book) {
  for (const auto& [source, counters] : book.all()) {
    const MetricsText::Labels labels{
        {"pipeline", source.pipeline}, {"tool", source.tool}, {"name", source.name}};
    for (const auto& [name, counter] : counters) {
      const bool gauge = is_gauge(name);
      const std::string metric = "tbgw_" + metric_name(name) + (gauge ? "" : "_total");
      out.add(metric, gauge ? Kind::gauge : Kind::counter,
              "Counter " + name + " of the stats events; see tbgw-record(5) and the tool's manual.",
              labels, static_cast<double>(gauge ? counter.value : counter.total));
    }
  }
  for (const auto& [pipeline, errors] : book.errors()) {
    out.add("tbgw_errors_total", Kind::counter, "Errors that programs said.",
            {{"pipeline", pipeline}}, static_cast<double>(errors));
  }
}

void add_machine(MetricsText& out, const Machine& machine) {
  const auto gauge = [&](std::string_view name, std::string_view help, double value) {
    out.add(name, Kind::gauge, help, {}, value);
  };
  gauge("tbgw_resident_memory_bytes", "Resident memory of all processes of the gateway.",
        static_cast<double>(machine.resident));
  gauge("tbgw_disk_free_bytes", "Free space where the spool is.",
        static_cast<double>(machine.free_disk));
  gauge("tbgw_memory_available_bytes", "Memory of the machine that could be had.",
        static_cast<double>(machine.free_memory));
  gauge("tbgw_cpu_seconds_running", "CPU time of the processes that run now.", machine.cpu_seconds);
}

}  // namespace

std::string metric_name(std::string_view counter) {
  std::string out;
  for (const char c : counter) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isupper(byte) != 0) {
      if (!out.empty()) out += '_';
      out += static_cast<char>(std::tolower(byte));
    } else {
      out += std::isalnum(byte) != 0 || c == '_' ? c : '_';
    }
  }
  return out;
}

void MetricsText::add(std::string_view name, Kind kind, std::string_view help, const Labels& labels,
                      double value) {
  std::string fit;
  for (const char c : name) {
    const bool good = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == ':';
    fit += good ? c : '_';
  }
  if (fit.empty() || std::isdigit(static_cast<unsigned char>(fit.front())) != 0) {
    fit.insert(fit.begin(), '_');
  }
  const auto [at, is_new] = families_.try_emplace(fit);
  if (is_new) {
    at->second.kind = kind;
    at->second.help = help;
  }
  at->second.samples[labels_text(labels)] = number_text(value);
}

std::string MetricsText::text() const {
  std::string out;
  for (const auto& [name, family] : families_) {
    out.append("# HELP ").append(name).append(" ").append(escaped(family.help, false));
    out.append("\n# TYPE ").append(name);
    out.append(family.kind == Kind::counter ? " counter\n" : " gauge\n");
    for (const auto& [labels, value] : family.samples)
      out.append(name).append(labels).append(" ").append(value).append("\n");
  }
  return out;
}

std::string metrics_text(const StatisticsBook& book, const GatewayGlance& glance) {
  MetricsText out;
  out.add("tbgw_info", Kind::gauge, "The version that runs.", {{"version", glance.version}}, 1);
  out.add("tbgw_platform_up", Kind::gauge, "1 while the platform lets us in.", {},
          glance.platform_up ? 1 : 0);
  for (const PipelineGlance& pipeline : glance.pipelines) {
    const MetricsText::Labels labels{{"pipeline", pipeline.name}, {"type", pipeline.type}};
    out.add("tbgw_pipeline_up", Kind::gauge, "1 while all programs of the pipeline run.", labels,
            pipeline.up ? 1 : 0);
    out.add("tbgw_pipeline_restarts_total", Kind::counter,
            "Starts of its programs after the first.", labels,
            static_cast<double>(pipeline.restarts));
  }
  add_counters(out, book);
  add_machine(out, glance.machine);
  return out.text();
}

}  // namespace tbgw::run
