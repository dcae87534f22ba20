// SPDX-License-Identifier: Apache-2.0
#include "core/app.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <exception>
#include <utility>

#include "core/config.hpp"
#include "core/fd.hpp"
#include "core/help.hpp"
#include "core/log.hpp"
#include "core/number.hpp"
#include "core/output.hpp"
#include "core/signals.hpp"
#include "core/text.hpp"
#include "core/version.hpp"

namespace tbgw {
namespace {

/// Opens of ours must never become descriptor 0, 1 or 2. True if any was missing.
bool fill_standard_descriptors() {
  bool missing = false;
  for (int fd = 0; fd <= 2; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    missing = true;
    while (true) {
      const int got = ::open("/dev/null", O_RDWR);
      if (got < 0 || got >= fd) break;
    }
  }
  return missing;
}

/// Ends the process as the signal would have, in silence.
[[noreturn]] void die_by(int number) {
  std::signal(number, SIG_DFL);
  sigset_t mine;
  sigemptyset(&mine);
  sigaddset(&mine, number);
  ::sigprocmask(SIG_UNBLOCK, &mine, nullptr);
  ::raise(number);
  ::_exit(128 + number);
}

/// Success may be claimed only after the last byte was taken (a full disk may say so only here).
Status close_stdout(Status status) {
  if (::close(STDOUT_FILENO) == 0 || errno == EBADF) return status;
  log::error("cannot write to standard output: " + errno_text(errno));
  return status == Status::ok ? Status::io_error : status;
}

Status complain(const CLI::App& app, const std::string& text) {
  log::error(text + "\nTry '" + app.get_name() + " --help'.");
  return Status::usage;
}

/// What the parser did not expect: a misspelt option, the first part of one, or an operand too
/// many.
std::string describe_extra(const CLI::App& app) {
  const std::vector<std::string> extras = app.remaining();
  const auto option = std::find_if(extras.begin(), extras.end(), [](const std::string& word) {
    return word.size() > 1 && word.front() == '-';
  });
  if (option == extras.end()) return "unexpected argument " + in_quotes(extras.front());
  std::vector<std::string> names;
  std::string guess;
  const std::string word = option->substr(0, option->find('='));
  for (const CLI::Option* known : app.get_options([](const CLI::Option*) { return true; })) {
    for (const std::string& name : known->get_lnames()) {
      names.push_back("--" + name);
      if (guess.empty() && names.back().rfind(word, 0) == 0) guess = names.back();
    }
  }
  if (guess.empty()) guess = nearest(word, names);
  return "unknown option " + in_quotes(word) +
         (guess.empty() ? "" : " (did you mean " + in_quotes(guess) + "?)");
}

Status report_usage(const CLI::App& app, const CLI::ParseError& error) {
  if (dynamic_cast<const CLI::CallForHelp*>(&error) != nullptr) {
    print(app.help());
    return Status::ok;
  }
  if (const auto* version = dynamic_cast<const CLI::CallForVersion*>(&error)) {
    print(std::string{version->what()} + "\n");
    return Status::ok;
  }
  const bool extra = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
  return complain(app, extra && !app.remaining().empty() ? describe_extra(app) : error.what());
}

Status run_guarded(CLI::App& app, const std::function<Status()>& body) {
  try {
    return body();
  } catch (const CLI::ParseError& error) {
    return report_usage(app, error);
  } catch (const Fatal& fatal) {
    if (fatal.status == Status::usage) return complain(app, fatal.what());
    log::error(fatal.what());
    return fatal.status;
  } catch (const std::exception& error) {
    log::error(std::string{"internal error: "} + error.what());
    return Status::software;
  }
}

std::string long_name(const CLI::Option& option) {
  const auto& names = option.get_lnames();
  return names.empty() ? "" : names.front();
}

std::vector<std::string> as_arguments(const nlohmann::ordered_json& value) {
  if (value.is_string()) return {value.get<std::string>()};
  if (!value.is_array()) return {value.dump()};
  std::vector<std::string> out;
  for (const auto& element : value) {
    for (std::string& text : as_arguments(element))
      out.push_back(std::move(text));
  }
  return out;
}

void apply_value(const ConfigTable& table, CLI::Option& option, const std::string& key,
                 const nlohmann::ordered_json& value) {
  const bool is_flag = option.get_expected_max() == 0;
  if (value.is_object() || value.is_null() || is_flag != value.is_boolean()) {
    table.fail(key, is_flag ? "must be true or false" : "must be a text or a number");
  }
  if (is_flag && !value.get<bool>()) return;
  try {
    for (const std::string& text : as_arguments(value))
      option.add_result(text);
    option.run_callback();
  } catch (const CLI::Error& error) {
    // The place names the key already, which CLI11 does as well.
    const std::string text = error.what();
    const std::size_t name = text.find(": ");
    const bool named = name != std::string::npos && option.check_name(text.substr(0, name));
    table.fail(key, named ? text.substr(name + 2) : text);
  }
}

/// Keys of the file are long option names; what flags or the environment set stays.
void apply_config(CLI::App& app, const std::string& path) {
  ConfigTable table(load_config(path));
  for (CLI::Option* option : app.get_options([](const CLI::Option*) { return true; })) {
    const std::string key = long_name(*option);
    if (key.empty() || key == "help" || key == "version" || key == "config") continue;
    const nlohmann::ordered_json* value = table.value({key});
    if (value != nullptr && option->count() == 0) apply_value(table, *option, key, *value);
  }
  table.refuse_unknown();
}

template <class T, class Parse>
CLI::Option* add_parsed(CLI::App& app, const std::string& names, T& value, const std::string& help,
                        Parse parse) {
  return app.add_option_function<std::string>(
      names,
      [&value, parse, names](const std::string& text) {
        auto parsed = parse(text);
        if (!parsed) throw CLI::ValidationError(names + ": " + parsed.error().text);
        value = *std::move(parsed);
      },
      help);
}

}  // namespace

void declare_common(CLI::App& app, CommonOptions& options, ConfigUse use,
                    std::initializer_list<std::string_view> examples,
                    const std::string& libraries) {
  app.set_help_flag("-h,--help", "Print this help and exit");
  std::string version = app.get_name() + " " + kVersion + " (" + kGitVersion + ")";
  if (!libraries.empty()) version += "\n" + libraries;
  app.set_version_flag("-V,--version", version, "Print the version and exit");
  app.add_flag("-v,--verbose", options.verbose, "Say more (-vv: still more)");
  app.add_flag("-q,--quiet", options.quiet, "Say errors only");
  options.config_is_own = use == ConfigUse::own;
  if (use == ConfigUse::options) {
    app.add_option("--config", options.config, "Read options from FILE (TOML or JSON)")
        ->type_name("FILE");
  }
  add_duration(app, "--stats", options.stats, "Print a stats event every DURATION");
  add_integer(app, "--ready-fd", options.ready_fd, 0, 1'000'000,
              "Write a newline to descriptor N when ready")
      ->default_str("");
  show_usage(app, {});
  show_examples(app, examples);
  app.option_defaults()->always_capture_default();
}

void parse_command_line(CLI::App& app, CommonOptions& options, int argc, char** argv) {
  for (CLI::Option* option : app.get_options([](const CLI::Option*) { return true; })) {
    if (option->get_default_str() == "[]") option->default_str("");  // an empty list is no news
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::RequiredError&) {
    // What is misspelt is the better news than what is missing.
    if (!app.remaining().empty()) throw CLI::ExtrasError(app.get_name(), app.remaining());
    throw;
  }
  if (!options.config.empty() && !options.config_is_own) apply_config(app, options.config);
  if (options.ready_fd >= 0 && ::fcntl(options.ready_fd, F_GETFD) < 0) {
    throw Fatal(Status::usage,
                "--ready-fd " + std::to_string(options.ready_fd) + ": no such descriptor is open");
  }
  using log::Level;
  Level most = options.verbose == 0 ? Level::warning : Level::info;
  if (options.verbose > 1) most = Level::debug;
  if (options.quiet) most = Level::error;
  log::set_level(most);
}

int guarded(CLI::App& app, const std::function<Status()>& body) {
  static std::string name;  // the log keeps a view
  name = app.get_name();
  log::open(name);
  if (fill_standard_descriptors()) {
    log::error("standard input, output or error is closed: redirect it to or from /dev/null");
    return static_cast<int>(Status::io_error);
  }
  Status status = Status::ok;
  try {
    status = run_guarded(app, body);
  } catch (const ConsumerGone&) {
    log::flush_repeats();
    die_by(SIGPIPE);
  } catch (const Fatal& fatal) {  // --help could not be written
    log::error(fatal.what());
    status = fatal.status;
  }
  log::flush_repeats();
  status = close_stdout(status);
  if (interrupted() && status == Status::ok) die_by(SIGINT);
  return static_cast<int>(status);
}

CLI::Option* add_whole(CLI::App& app, const std::string& names, std::int64_t least,
                       std::int64_t most, const std::function<void(std::int64_t)>& take,
                       const std::string& help) {
  return app
      .add_option_function<std::string>(
          names,
          [=](const std::string& text) {
            const auto parsed = parse_integer(text, least, most);
            if (!parsed) throw CLI::ValidationError(names + ": " + parsed.error().text);
            take(*parsed);
          },
          help)
      ->type_name("N");
}

CLI::Option* add_duration(CLI::App& app, const std::string& names, std::chrono::milliseconds& value,
                          const std::string& help, std::chrono::milliseconds least,
                          std::chrono::milliseconds most) {
  const auto parse = [=](const std::string& text) -> Result<std::chrono::milliseconds> {
    auto duration = parse_duration(text);
    if (duration && (*duration < least || *duration > most)) {
      const bool no_end = most == std::chrono::milliseconds::max();
      return Error{in_quotes(text) + " is out of range: at least " + format_duration(least) +
                   (no_end ? "" : ", at most " + format_duration(most))};
    }
    return duration;
  };
  return add_parsed(app, names, value, help, parse)
      ->type_name("DURATION")
      ->default_str(format_duration(value));
}

CLI::Option* add_size(CLI::App& app, const std::string& names, std::uint64_t& value,
                      const std::string& help, std::uint64_t least) {
  std::string shown = std::to_string(value);
  for (const auto& [shift, unit] :
       {std::pair{30U, "G"}, std::pair{20U, "M"}, std::pair{10U, "K"}}) {
    if (value != 0 && value % (std::uint64_t{1} << shift) == 0) {
      shown = std::to_string(value >> shift) + unit;
      break;
    }
  }
  const auto parse = [least](const std::string& text) -> Result<std::uint64_t> {
    auto size = parse_size(text);
    if (size && *size < least) {
      return Error{"'" + text + "' is too small (at least " + std::to_string(least) + ")"};
    }
    return size;
  };
  return add_parsed(app, names, value, help, parse)->type_name("SIZE")->default_str(shown);
}

CLI::Option* add_bytes(CLI::App& app, const std::string& names, std::string& value,
                       const std::string& help) {
  const auto parse = [](const std::string& text) {
    constexpr std::string_view kHex = "hex:";
    return text.rfind(kHex, 0) == 0 ? parse_hex(std::string_view{text}.substr(kHex.size()))
                                    : parse_escapes(text);
  };
  return add_parsed(app, names, value, help, parse)->type_name("BYTES");
}

}  // namespace tbgw
