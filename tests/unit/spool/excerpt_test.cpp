// SPDX-License-Identifier: Apache-2.0
// Records taken out again that are not what went in, times that mean another moment, a dead letter
// whose old attributes overwrite newer ones.
#include "spool/excerpt.hpp"

#include <cstdlib>
#include <ctime>

#include "core/line_reader.hpp"
#include "scratch.hpp"
#include "spool/dead_letters.hpp"
#include "spool/moment.hpp"

namespace tbgw::spool::test {
namespace {

std::string lines(const std::string& spool, const ExcerptOptions& options, int news_wanted = 0) {
  const Directory directory = Directory::open(spool);
  Excerpt excerpt(directory, options);
  std::string out;
  std::string news;
  int told = 0;
  while (true) {
    switch (excerpt.next(out, news)) {
      case Excerpt::Step::line:
        break;
      case Excerpt::Step::news:
        ++told;
        break;
      case Excerpt::Step::nothing:
      case Excerpt::Step::end:
        EXPECT_EQ(told, news_wanted);
        EXPECT_EQ(excerpt.damaged(), news_wanted > 0);
        return out;
    }
  }
}

std::optional<std::string> stripped(std::string line) {
  const std::size_t size = line.size();
  line.append(kLinePadding, '\0');
  return without_attributes(std::string_view{line}.substr(0, size));
}

TEST(Excerpt, RecordsComeOutAsTheyWentIn) {
  const Scratch scratch;
  auto writer = open_writer(scratch / "q");
  const std::string first = R"({"a": 1.50, "b":"\u00e4" })";
  writer->append(first);
  writer->append("{}");
  writer->append(R"({"n":3})");
  ASSERT_TRUE(writer->commit());
  EXPECT_EQ(lines(scratch / "q", {}), first + "\n{}\n{\"n\":3}\n");
  ExcerptOptions options;
  options.position = 1;
  options.to = 2;
  EXPECT_EQ(lines(scratch / "q", options), "{}\n");
  options.form = Form::json;
  EXPECT_EQ(lines(scratch / "q", options), "{\"seq\":2,\"record\":{}}\n");
  options.form = Form::stored;
  std::string stored;
  append_record(stored, writer->directory().identity(), 2, "{}");
  EXPECT_EQ(lines(scratch / "q", options), stored);
}

TEST(Excerpt, TellsDamageAndWhatIsMissing) {
  const Scratch scratch;
  {
    auto writer = open_writer(scratch / "q");
    put(*writer, 5);
  }
  const std::string file = segment_files(scratch / "q").front();
  std::string bytes = read_bytes(file);
  bytes[200] ^= 1;
  write_bytes(file, bytes);
  const std::string out = lines(scratch / "q", {}, 2);
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 4);
}

TEST(Excerpt, SinceGoesByTheTimeOfTheRecord) {
  const Scratch scratch;
  auto writer = open_writer(scratch / "q");
  writer->append(R"({"telemetry":[{"ts":1700000000000,"values":{"a":1}}]})");
  writer->append(R"({"_t":1700000001000,"deviceName":"D","telemetry":{"a":2}})");
  writer->append(R"({"ts":1700000002000,"data":"x"})");
  writer->append(R"({"a":4})");  // as old as its segment: now
  ASSERT_TRUE(writer->commit());
  ExcerptOptions options;
  options.since = 1700000001000;
  EXPECT_EQ(lines(scratch / "q", options).find("\"a\":1"), std::string::npos);
  EXPECT_NE(lines(scratch / "q", options).find("\"a\":2"), std::string::npos);
  options.since = 1700000001001;
  EXPECT_EQ(lines(scratch / "q", options), "{\"ts\":1700000002000,\"data\":\"x\"}\n{\"a\":4}\n");
  options.since = now_ms() + 100'000;
  EXPECT_EQ(lines(scratch / "q", options), "");
}

TEST(Excerpt, DeadLettersComeBackWithoutTheirAttributes) {
  const Scratch scratch;
  const auto writer = open_writer(scratch / "q");
  DeadLetters dead(scratch / "q", "main", true);
  const auto refuse = [&](std::string record, bool cut = false) {
    ASSERT_TRUE(dead.file({now_ms(), "no", 1, std::move(record), cut}));
  };
  refuse(R"({"deviceName":"D","attributes":[{"v":1}],"telemetry":[{"a":1.50}]})");
  refuse(R"({"deviceName":"D","attributes":[{"v":2}]})");
  refuse(R"({"event":"connect","device":"D"})");
  refuse("no record");
  refuse("{\xff}");
  refuse("{\"cut\":1}", true);
  ExcerptOptions options;
  options.dead = true;
  options.form = Form::revived;
  EXPECT_EQ(lines(scratch / "q/dead", options),
            "{\"deviceName\":\"D\",\"telemetry\":[{\"a\":1.50}]}\n"
            "{\"event\":\"connect\",\"device\":\"D\"}\n");
  options.form = Form::restored;
  EXPECT_EQ(lines(scratch / "q/dead", options),
            "{\"deviceName\":\"D\",\"attributes\":[{\"v\":1}],\"telemetry\":[{\"a\":1.50}]}\n"
            "{\"deviceName\":\"D\",\"attributes\":[{\"v\":2}]}\n"
            "{\"event\":\"connect\",\"device\":\"D\"}\n");
  options.form = Form::json;
  const std::string all = lines(scratch / "q/dead", options);
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 6);
}

TEST(Excerpt, AttributesGoAndAllElseStaysByteForByte) {
  EXPECT_EQ(stripped(R"({"attributes":{"a":1}, "telemetry" : {"t": 1e2} ,"x\"y":"\u00e4"})"),
            "{\"telemetry\":{\"t\": 1e2},\"x\\\"y\":\"\\u00e4\"}");
  EXPECT_EQ(stripped(R"({"telemetry":{"t":1}})"), R"({"telemetry":{"t":1}})");
  EXPECT_EQ(stripped(R"({"_t":1,"deviceName":"D","attributes":{}})"), std::nullopt);
  // Only readings have attributes of this kind.
  EXPECT_EQ(stripped(R"({"event":"x","attributes":{"a":1}})"),
            R"({"event":"x","attributes":{"a":1}})");
  EXPECT_EQ(stripped("{broken}"), "{broken}");
}

TEST(Moment, IsReadInEveryForm) {
  ::setenv("TZ", "UTC-1", 1);  // an hour east
  ::tzset();
  constexpr EpochMs kNow = 1'790'000'000'000;
  EXPECT_EQ(*parse_moment("1790000000123", kNow), 1790000000123);
  EXPECT_EQ(*parse_moment("90m", kNow), kNow - 5'400'000);
  EXPECT_EQ(*parse_moment("2026-11-24T07:30:15Z", kNow), 1795505415000);
  EXPECT_EQ(*parse_moment("2026-11-24T07:30Z", kNow), 1795505400000);
  EXPECT_EQ(*parse_moment("2026-11-24T08:30", kNow), 1795505400000);
  EXPECT_EQ(*parse_moment("2026-11-24", kNow), 1795474800000);
  EXPECT_EQ(format_moment(1795505415999), "2026-11-24T07:30:15Z");
  for (const char* text : {"", "yesterday", "2026-13-01", "2026-11-24T", "2026-11-24T07:30:15+1",
                           "12", "-5", "2026-11-24 07:30"}) {
    EXPECT_FALSE(parse_moment(text, kNow)) << text;
  }
}

}  // namespace
}  // namespace tbgw::spool::test
