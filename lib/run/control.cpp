// SPDX-License-Identifier: Apache-2.0
#include "run/control.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "core/status.hpp"

namespace tbgw::run {

Control::Control(Loop& loop, const std::string& path, std::function<std::string()> state)
    : listener_(loop, path, [state = std::move(state)](const Fd& connection) {
        // It fits into the socket's buffer unless there are thousands of pipelines; whoever does
        // not read must not hold us up.
        const std::string text = state() + "\n";
        int size = static_cast<int>(text.size() * 2);
        ::setsockopt(connection.get(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
        [[maybe_unused]] const ssize_t sent =
            ::send(connection.get(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      }) {}

std::string control_path(const std::string& runtime) {
  return runtime + "/control";
}

std::string tap_path(const std::string& runtime) {
  return runtime + "/tap";
}

std::string ask_state(const std::string& runtime) {
  const Fd socket = connect_to(control_path(runtime));
  if (!socket) {
    throw Fatal(Status::unavailable,
                runtime + ": no gateway runs there (tbgw-run --runtime DIR tells where else)");
  }
  std::string text;
  std::array<char, 65536> block{};
  ssize_t got = 0;
  while ((got = ::read(socket.get(), block.data(), block.size())) > 0)
    text.append(block.data(), static_cast<std::size_t>(got));
  return text;
}

}  // namespace tbgw::run
