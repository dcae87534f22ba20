// SPDX-License-Identifier: Apache-2.0
// A connector in C++: stty -F PORT 9600 raw -echo clocal; serial-connector PORT <>down
// Build it with g++ -std=c++20 -O2 -o serial-connector serial-connector.cpp (nlohmann-json3-dev).
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

using Json = nlohmann::ordered_json;
using std::chrono::milliseconds, std::chrono::system_clock, std::ranges::all_of;

const std::set<std::string> kUp{"connect", "disconnect", "rpc-reply", "attributes-request", "claim"};
Json rpc; // of the command that awaits its answer
std::mutex mutex; // of rpc and of stdout
std::condition_variable answered;

void say(const Json& record) { std::cout << record << std::endl; }

std::string hex(std::string_view bytes, std::string text = "") {
  for (unsigned char c : bytes) (text += "0123456789abcdef"[c / 16]) += "0123456789abcdef"[c % 16];
  return text;
}

std::string unhex(const std::string& text, std::string bytes = "") {
  for (size_t at = 0; at < text.size(); at += 2) bytes += char(stoi(text.substr(at, 2), nullptr, 16));
  return bytes;
}

// A line of stdin: a command, an event to pass on, or something not for us.
void obey(const std::string& line, std::ostream& port) try {
  const Json order = Json::parse(line), asked = order.value("rpc", Json());
  std::unique_lock lock(mutex);
  if (kUp.contains(order.value("event", ""))) say(order);
  const bool is_hex = order.value("encoding", "") == "hex";
  port << (is_hex ? unhex(order.at("send")) : order.value("send", "")) << std::flush;
  if (order.contains("answer")) rpc = asked;
  else if (!asked.is_null()) say({{"rpc", asked}, {"sent", true}});
  const milliseconds patience(order.value("/answer/timeout"_json_pointer, 0));
  if (!answered.wait_for(lock, patience, [] { return rpc.is_null(); }))
    say({{"rpc", std::exchange(rpc, nullptr)}, {"error", "timeout"}});
} catch (const std::exception& error) { std::cerr << "serial-connector: " << error.what() << std::endl; }

int main(int, char** argv) {
  std::ifstream in(argv[1]);
  std::ofstream out(in ? argv[1] : ""); // never creates a file
  if (!out) return 66;
  say({{"event", "connect"}, {"port", argv[1]}});
  if (!isatty(0) && lseek(0, 0, SEEK_CUR) < 0) // stdin is a pipe, a FIFO or a socket
    std::thread([&] { for (std::string line; getline(std::cin, line);) obey(line, out); }).detach();
  for (auto [data, last] = std::pair(std::string(), 0L); in.peek() != EOF;) {
    last = std::max<long>(last + 1, system_clock::now().time_since_epoch() / milliseconds(1));
    const Json asked = (std::lock_guard(mutex), rpc); // by a command before this frame
    if (!std::getline(in, data) || in.eof()) break;
    Json record{{"ts", last}, {"source", "serial"}, {"port", argv[1]}, {"data", data += '\n'}};
    if (!all_of(data, isascii)) record.update({{"data", hex(data)}, {"encoding", "hex"}});
    std::lock_guard lock(mutex);
    if (!asked.is_null() && asked == rpc) record["rpc"] = std::exchange(rpc, nullptr);
    say(record), answered.notify_one();
  }
  say({{"event", "disconnect"}, {"port", argv[1]}, {"reason", "port gone"}}), std::_Exit(66);
}
