// SPDX-License-Identifier: Apache-2.0
#include "run/checks.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <map>
#include <set>
#include <string_view>

#include "core/fd.hpp"
#include "core/status.hpp"
#include "run/spawn.hpp"

namespace tbgw::run {
namespace {

/// Both to their ends, whichever has something.
void drain(int one, std::string& one_text, int other, std::string& other_text) {
  std::array<pollfd, 2> polled{{{one, POLLIN, 0}, {other, POLLIN, 0}}};
  std::array<std::string*, 2> texts{&one_text, &other_text};
  std::array<char, 4096> block{};
  while (polled[0].fd >= 0 || polled[1].fd >= 0) {
    if (::poll(polled.data(), polled.size(), -1) < 0) continue;
    for (std::size_t i = 0; i < polled.size(); ++i) {
      if (polled[i].fd < 0 || polled[i].revents == 0) continue;
      const ssize_t got = ::read(polled[i].fd, block.data(), block.size());
      if (got > 0) texts[i]->append(block.data(), static_cast<std::size_t>(got));
      if (got == 0) polled[i].fd = -1;
    }
  }
}

/// Each line it said, without its name in front.
void take(const Answer& answer, const std::string& name, std::set<std::string>& seen,
          Mistakes& mistakes) {
  const bool wrong = answer.status == static_cast<int>(Status::config) ||
                     answer.status == static_cast<int>(Status::usage);
  if (!wrong) return;
  std::string_view rest = answer.errors;
  while (!rest.empty()) {
    const std::size_t stop = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, stop);
    rest.remove_prefix(std::min(stop + 1, rest.size()));
    if (line.substr(0, name.size() + 2) == name + ": ") line.remove_prefix(name.size() + 2);
    if (!line.empty() && seen.insert(std::string{line}).second) mistakes.add(std::string{line});
  }
}

}  // namespace

Answer ask(const std::string& program, const Argv& argv) {
  const Fd null{::open("/dev/null", O_RDWR | O_CLOEXEC)};
  Pipe output = make_pipe();
  Pipe errors = make_pipe();
  const auto pid =
      spawn({program, argv, null.get(), output.write.get(), errors.write.get(), -1, {}, {}});
  if (!pid) return {static_cast<int>(Status::try_again), "", pid.error().text};
  output.write.reset();
  errors.write.reset();
  Answer answer;
  drain(output.read.get(), answer.output, errors.read.get(), answer.errors);
  int status = 0;
  ::waitpid(*pid, &status, 0);
  answer.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return answer;
}

void ask_tools(const Gateway& gateway, const std::function<std::string(const std::string&)>& find,
               Mistakes& mistakes) {
  std::set<std::string> seen(mistakes.texts().begin(), mistakes.texts().end());
  const auto question = [&](Argv argv) {
    const std::string program = find(argv.front());
    if (!program.empty()) take(ask(program, argv), argv.front(), seen, mistakes);
  };
  for (const Pipeline& pipeline : gateway.pipelines) {
    if (!pipeline.map.empty()) question({"tbgw-convert", "--check", pipeline.map});
    if (pipeline.type == "modbus" && !pipeline.file.empty()) {
      question({"tbgw-modbus", "--plan", pipeline.file});
    }
  }
  Argv push{"tbgw-push", "--dry-run"};
  push.insert(push.end(), gateway.platform.options.begin(), gateway.platform.options.end());
  push.insert(push.end(), gateway.platform.urls.begin(), gateway.platform.urls.end());
  question(std::move(push));
}

}  // namespace tbgw::run
