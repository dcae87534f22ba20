// SPDX-License-Identifier: Apache-2.0
#include "core/resolver.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include "core/status.hpp"

namespace tbgw {
namespace {

/// The first byte of an answer says what follows: Addresses as they lie in memory, or a text.
constexpr char kFound = '+';
constexpr char kFailed = '-';

struct FreeList {
  void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
};
using List = std::unique_ptr<addrinfo, FreeList>;

std::vector<Address> addresses_in(const addrinfo* list) {
  std::vector<Address> out;
  for (; list != nullptr; list = list->ai_next) {
    Address address;
    if (list->ai_addrlen > sizeof address.storage) continue;
    address.family = list->ai_family;
    address.type = list->ai_socktype;
    address.size = list->ai_addrlen;
    std::memcpy(&address.storage, list->ai_addr, list->ai_addrlen);
    out.push_back(address);
  }
  return out;
}

std::string failure_text(int error) {
  return error == EAI_SYSTEM ? errno_text(errno) : std::string{::gai_strerror(error)};
}

/// The child: nothing of its parent may stay open in it, or end it twice.
[[noreturn]] void answer_and_exit(int to, const std::function<int(addrinfo**)>& ask) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGPIPE})
    std::signal(signal, SIG_DFL);
  if (::dup2(to, 0) < 0) ::_exit(1);
  ::close_range(1, UINT_MAX, 0);
  addrinfo* list = nullptr;
  const int error = ask(&list);
  std::string text;
  if (error != 0) {
    text = kFailed + failure_text(error);
  } else {
    text = kFound;
    for (const Address& address : addresses_in(list))
      text.append(reinterpret_cast<const char*>(&address), sizeof address);
  }
  static_cast<void>(write_all(0, text));
  ::_exit(0);
}

}  // namespace

Result<std::vector<Address>> Resolver::start(const std::string& host, std::uint16_t port, int type,
                                             bool passive) {
  cancel();
  addrinfo hints{};
  hints.ai_socktype = type;
  hints.ai_flags = AI_NUMERICSERV | (passive ? AI_PASSIVE : 0);
  const std::string service = std::to_string(port);
  addrinfo* list = nullptr;
  addrinfo numeric = hints;
  numeric.ai_flags |= AI_NUMERICHOST;
  if (::getaddrinfo(host.c_str(), service.c_str(), &numeric, &list) == 0) {
    return addresses_in(List{list}.get());
  }
  hints.ai_flags |= AI_ADDRCONFIG;
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Error{errno_text(errno)};
  answer_ = Fd{ends[0]};
  const Fd write_end{ends[1]};
  child_ = ::fork();
  if (child_ == 0) {
    answer_and_exit(write_end.get(), [&](addrinfo** found) {
      return lookup_(host.c_str(), service.c_str(), &hints, found);
    });
  }
  if (child_ < 0) {
    answer_.reset();
    return Error{errno_text(errno)};
  }
  ::fcntl(answer_.get(), F_SETFL, O_NONBLOCK);
  return std::vector<Address>{};
}

Result<std::optional<std::vector<Address>>> Resolver::take() {
  std::array<char, 4096> block;  // NOLINT: filled by read
  ssize_t got = 0;
  while ((got = ::read(answer_.get(), block.data(), block.size())) > 0)
    text_.append(block.data(), static_cast<std::size_t>(got));
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return std::optional<std::vector<Address>>{};
  const std::string text = std::exchange(text_, {});
  cancel();
  if (!text.empty() && text.front() == kFailed) return Error{text.substr(1)};
  std::vector<Address> out((text.size() - std::min<std::size_t>(text.size(), 1)) / sizeof(Address));
  if (out.empty()) return Error{"the name could not be resolved"};
  std::memcpy(out.data(), text.data() + 1, out.size() * sizeof(Address));
  return std::optional{std::move(out)};
}

void Resolver::cancel() {
  answer_.reset();
  text_.clear();
  if (child_ <= 0) return;
  ::kill(child_, SIGKILL);
  while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
  }
  child_ = -1;
}

}  // namespace tbgw
