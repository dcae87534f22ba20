// SPDX-License-Identifier: Apache-2.0
// The conversion of the benchmark written the plain way: a JSON document in, a JSON document out.
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

int main() {
  std::ios::sync_with_stdio(false);
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto record = nlohmann::json::parse(line);
    const auto data = record["data"].get<std::string>();
    nlohmann::ordered_json reading;
    reading["deviceName"] = record["device"];
    reading["deviceType"] = "default";
    reading["attributes"] = {{{"SerialNumber", data.substr(3, data.size() - 4)}}};
    reading["telemetry"] = {
        {{"ts", record["ts"]},
         {"values", {{"humidity", std::stoi(data.substr(0, data.find('\r')))}}}}};
    std::cout << reading.dump() << '\n';
  }
}
