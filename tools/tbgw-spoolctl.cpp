// SPDX-License-Identifier: Apache-2.0
// tbgw-spoolctl: looks into a spool, and mends it.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "core/app.hpp"
#include "core/log.hpp"
#include "core/loop.hpp"
#include "core/number.hpp"
#include "core/output.hpp"
#include "core/ready.hpp"
#include "core/record.hpp"
#include "core/signals.hpp"
#include "spool/cursor.hpp"
#include "spool/dead_letters.hpp"
#include "spool/describe.hpp"
#include "spool/directory.hpp"
#include "spool/excerpt.hpp"
#include "spool/moment.hpp"
#include "spool/reader.hpp"
#include "spool/repair.hpp"
#include "spool/status.hpp"
#include "spool/survey.hpp"

namespace tbgw {
namespace {

using spool::Directory;

struct Options {
  CommonOptions common;
  std::string command;
  std::vector<std::string> operands;
  bool json = false;
  // cat
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::string since;
  std::string cursor;
  bool follow = false;
  bool raw = false;
  bool dead = false;
  bool with_attributes = false;
};

/// CLI11's way to check a number of a record: "" or what is wrong.
std::string check_number(const std::string& text) {
  const auto number = parse_integer(text, 0, INT64_MAX);
  return number ? "" : "'" + text + "' is not the number of a record";
}

void declare(CLI::App& app, Options& options) {
  declare_common(app, options.common, ConfigUse::options,
                 {"tbgw-spoolctl stat q", "tbgw-spoolctl cat --dead q | tbgw-push"});
  app.add_option("COMMAND", options.command,
                 "ls, stat, cat, verify, repair; cursor ls, cursor set, cursor rm")
      ->type_name("")
      ->required()
      ->default_str("");
  app.add_option("OPERAND", options.operands, "DIR, the spool; for cursor set: DIR NAME NUMBER")
      ->type_name("")
      ->required()
      ->default_str("");
  app.add_flag("--json", options.json, "Print JSON, one object a line");
  const auto number = [&](const char* name, std::uint64_t& value, const char* help) {
    app.add_option(name, value, help)
        ->type_name("N")
        ->check(check_number)
        ->default_str("")
        ->group("For cat");
  };
  number("--from", options.from, "Begin with this number");
  number("--to", options.to, "End with this number");
  app.add_option("--since", options.since, "Leave out what is older than TIME, or than a duration")
      ->type_name("TIME")
      ->default_str("")
      ->group("For cat");
  app.add_option("--cursor", options.cursor,
                 "Begin behind this cursor; with --dead: what its consumer refused")
      ->type_name("NAME")
      ->default_str("")
      ->group("For cat");
  app.add_flag("--follow", options.follow, "Go on with what is written from now on")
      ->group("For cat");
  app.add_flag("--raw", options.raw, "Print records as they are stored, checksum and all")
      ->group("For cat");
  app.add_flag("--dead", options.dead, "Print the records that were refused, as they came in")
      ->group("For cat");
  app.add_flag("--with-attributes", options.with_attributes,
               "With --dead: do not leave out attributes")
      ->group("For cat");
}

[[noreturn]] void misuse(const std::string& text) {
  throw Fatal(Status::usage, text);
}

/// The operands of a command that takes a spool and nothing else.
const std::string& only_directory(const Options& options) {
  if (options.operands.size() != 1) misuse(options.command + " takes one spool");
  return options.operands[0];
}

Directory open_spool(const std::string& path) {
  Directory directory = Directory::open(path);
  if (directory.format_damaged()) {
    log::warn(directory.file("FORMAT") + ": is damaged or missing; repair mends it");
  }
  return directory;
}

// ls, stat, verify, repair.

Status list(const Options& options) {
  const auto segments = spool::list_segments(open_spool(only_directory(options)));
  print(options.json ? spool::segments_json(segments) : spool::segments_text(segments));
  return Status::ok;
}

Status show_status(const Options& options) {
  const spool::SpoolStatus status = spool::status_of(open_spool(only_directory(options)));
  print(options.json ? spool::status_json(status, now_ms()) : spool::status_text(status, now_ms()));
  return Status::ok;
}

std::string describe(const Options& options, const spool::Survey& survey) {
  return options.json ? spool::survey_json(survey.path, survey)
                      : spool::survey_text(survey.path, survey);
}

Status verify(const Options& options) {
  const Directory directory = Directory::open(only_directory(options));
  bool sound = true;
  const auto look = [&](const Directory& one) {
    const spool::Survey survey = spool::survey(one);
    print(describe(options, survey));
    sound = sound && survey.sound();
  };
  look(directory);
  for (const std::string& folder : spool::dead_folders(directory))
    look(Directory::open(directory.file(folder)));
  return sound ? Status::ok : Status::data_error;
}

Status mend(const Options& options) {
  const Directory directory = Directory::open_locked(only_directory(options));
  bool failed = false;
  const auto mend_one = [&](const Directory& one) {
    const spool::Repair repair = spool::repair(one);
    print(describe(options, repair.found));
    for (const std::string& text : repair.done)
      log::info(text);
    for (const std::string& text : repair.failed)
      log::error(text);
    failed = failed || !repair.failed.empty();
  };
  mend_one(directory);
  for (const std::string& folder : spool::dead_folders(directory))
    mend_one(Directory::open_locked(directory.file(folder)));
  return failed ? Status::io_error : Status::ok;
}

// cursor.

/// A read-only disk may be writable later; a broken one is no better then.
Status status_after(const spool::Outcome& failed) {
  return failed.trouble == spool::Trouble::broken ? Status::io_error : Status::try_again;
}

void set_cursor(const std::string& path, const std::string& name, const std::string& number) {
  const Directory directory = open_spool(path);
  const spool::SpoolStatus status = spool::status_of(directory);
  const auto position = parse_integer(number, 0, static_cast<std::int64_t>(spool::kMostSeq));
  if (!position) misuse("NUMBER: " + position.error().text);
  const auto wanted = static_cast<std::uint64_t>(*position);
  if (wanted > status.last) {
    misuse("the last number in " + path + " is " + std::to_string(status.last));
  }
  spool::Cursor cursor(directory, name, wanted);
  if (cursor.position() == wanted) return;
  if (const spool::Outcome stored = cursor.store(wanted); !stored) {
    throw Fatal(status_after(stored), stored.text);
  }
}

void remove_cursor(const std::string& path, const std::string& name) {
  const Directory directory = open_spool(path);
  const auto all = spool::list_cursors(directory);
  const auto is_it = [&](const spool::CursorState& cursor) { return cursor.name == name; };
  if (std::none_of(all.begin(), all.end(), is_it)) {
    throw Fatal(Status::no_input, path + ": has no cursor '" + name + "'");
  }
  spool::Cursor cursor(directory, name, 0);
  if (const spool::Outcome removed = cursor.remove(); !removed) {
    throw Fatal(status_after(removed), removed.text);
  }
}

Status cursors(const Options& options) {
  const std::vector<std::string>& words = options.operands;
  const std::string& action = words[0];
  if (action == "ls" && words.size() == 2) {
    const spool::SpoolStatus status = spool::status_of(open_spool(words[1]));
    print(options.json ? spool::cursors_json(status, now_ms())
                       : spool::cursors_text(status, now_ms()));
  } else if (action == "set" && words.size() == 4) {
    set_cursor(words[1], words[2], words[3]);
  } else if (action == "rm" && words.size() == 3) {
    remove_cursor(words[1], words[2]);
  } else {
    misuse("say cursor ls DIR, cursor set DIR NAME NUMBER, or cursor rm DIR NAME");
  }
  return Status::ok;
}

// cat.

/// How long to wait where the kernel does not tell of changes.
constexpr std::chrono::milliseconds kAskAgain{250};

class Cat {
 public:
  explicit Cat(const Options& options)
      : options_(options),
        directory_(open_one(options)),
        excerpt_(directory_, selection()),
        out_(STDOUT_FILENO) {}

  Status run() {
    if (options_.follow) {
      follow();
    } else {
      print_all();
    }
    out_.flush();
    if (excerpt_.left_out() > 0) {
      log::warn(std::to_string(excerpt_.left_out()) +
                " refused lines were left out: no records, or attributes only (--json prints all, "
                "--with-attributes the latter)");
    }
    return excerpt_.damaged() ? Status::data_error : Status::ok;
  }

 private:
  static Directory open_one(const Options& options) {
    Directory directory = open_spool(only_directory(options));
    if (!options.dead) return directory;
    const std::string folder = spool::dead_folder(options.cursor);
    const auto folders = spool::dead_folders(directory);
    if (std::count(folders.begin(), folders.end(), folder) == 0) {
      throw Fatal(Status::no_input, directory.file(folder) + ": nothing was refused");
    }
    return Directory::open(directory.file(folder));
  }

  [[nodiscard]] spool::ExcerptOptions selection() const {
    using spool::Form;
    spool::ExcerptOptions chosen;
    chosen.position = position();
    chosen.to = options_.to;
    chosen.dead = options_.dead;
    if (options_.follow) chosen.end = spool::Reader::End::waits;
    if (options_.dead) chosen.form = options_.with_attributes ? Form::restored : Form::revived;
    if (options_.json) chosen.form = Form::json;
    if (options_.raw) chosen.form = Form::stored;
    if (options_.since.empty()) return chosen;
    const auto since = spool::parse_moment(options_.since, now_ms());
    if (!since) misuse("--since: " + since.error().text);
    chosen.since = *since;
    return chosen;
  }

  [[nodiscard]] std::uint64_t position() const {
    if (options_.from > 0) return options_.from - 1;
    if (options_.cursor.empty() || options_.dead) return 0;
    for (const spool::CursorState& cursor : spool::list_cursors(directory_)) {
      if (cursor.name == options_.cursor) return cursor.position;
    }
    throw Fatal(Status::no_input, directory_.path() + ": has no cursor '" + options_.cursor + "'");
  }

  /// False: --to was reached.
  bool print_all() {
    using Step = spool::Excerpt::Step;
    std::string news;
    while (true) {
      switch (excerpt_.next(out_.buffer(), news)) {
        case Step::line:
          out_.end_record();
          break;
        case Step::news:
          log::warn(news);
          break;
        case Step::nothing:
          return true;
        case Step::end:
          return false;
      }
    }
  }

  void follow() {
    Signals signals;
    Loop loop;
    bool wanted = print_all();
    out_.flush();
    announce_ready(options_.common.ready_fd, "following " + directory_.path());
    loop.watch(signals.fd(), POLLIN, [&](short) {
      const Signals::News news = signals.take();
      if (news.stats) print_stats();
      wanted = wanted && !news.stop;
    });
    loop.watch(STDOUT_FILENO, 0, [](short revents) {
      if ((revents & POLLERR) != 0) throw ConsumerGone{};
    });
    const int wake = excerpt_.reader().wake_fd();
    if (wake >= 0) {
      loop.watch(wake, POLLIN, [&](short) { excerpt_.reader().clear_wake(); });
    }
    if (options_.common.stats.count() > 0) repeat_stats(loop);
    while (wanted && print_all()) {
      out_.flush();
      loop.turn(wake >= 0 ? Loop::Duration{-1} : kAskAgain);
    }
  }

  void repeat_stats(Loop& loop) {
    static_cast<void>(loop.after(options_.common.stats, [this, &loop] {
      print_stats();
      repeat_stats(loop);
    }));
  }

  void print_stats() {
    out_.line(stats_line("tbgw-spoolctl", "", {{"lines", excerpt_.lines()}}));
    out_.flush();
  }

  const Options& options_;
  Directory directory_;
  spool::Excerpt excerpt_;
  LineWriter out_;
};

/// Options that mean nothing to the command are an error: else they would seem to have worked.
void check(const CLI::App& app, const Options& options) {
  for (const char* name :
       {"--from", "--to", "--since", "--cursor", "--follow", "--raw", "--dead"}) {
    if (options.command != "cat" && app.count(name) > 0) misuse(std::string{name} + " is for cat");
  }
  if (options.with_attributes && !options.dead) misuse("--with-attributes goes with --dead");
  if (options.raw && options.json) misuse("--raw and --json exclude each other");
}

Status run(const CLI::App& app, const Options& options) {
  check(app, options);
  if (options.command == "ls") return list(options);
  if (options.command == "stat") return show_status(options);
  if (options.command == "cat") return Cat(options).run();
  if (options.command == "verify") return verify(options);
  if (options.command == "repair") return mend(options);
  if (options.command == "cursor") return cursors(options);
  misuse("there is no command '" + options.command + "'");
}

}  // namespace
}  // namespace tbgw

int main(int argc, char** argv) {
  CLI::App app{"Look into a spool, and mend it", "tbgw-spoolctl"};
  return tbgw::guarded(app, [&] {
    tbgw::Options options;
    tbgw::declare(app, options);
    tbgw::parse_command_line(app, options.common, argc, argv);
    return tbgw::run(app, options);
  });
}
