// SPDX-License-Identifier: Apache-2.0
#include "run/metrics.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "core/status.hpp"
#include "run/metrics_server.hpp"

namespace tbgw::run {
namespace {

using Json = nlohmann::json;

/// What promtool checks of a page: the grammar, TYPE and HELP once and before the samples, samples
/// of a family together, none twice, counters that end in _total. "" = no mistake.
std::string mistake_in(const std::string& page) {
  static const std::regex sample(
      R"re(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-zA-Z_]\w*="([^"\\\n]|\\[\\"n])*"(,[a-zA-Z_]\w*="([^"\\\n]|\\[\\"n])*")*\})? (-?[0-9][0-9.e+-]*|\+Inf|-Inf|NaN))re");
  static const std::regex comment(R"(# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+))");
  if (page.empty() || page.back() != '\n') return "no newline at the end";
  std::set<std::string> seen;
  std::string family;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    std::smatch parts;
    if (std::regex_match(line, parts, comment)) {
      if (!seen.insert(parts[1].str() + " " + parts[2].str()).second) return "twice: " + line;
      if (parts[1] == "TYPE") {
        family = parts[2];
        const bool total = family.size() > 6 && family.substr(family.size() - 6) == "_total";
        if ((parts[3] == "counter") != total) return "name and type differ: " + line;
      }
    } else if (std::regex_match(line, parts, sample)) {
      if (parts[1] != family) return "not in its family: " + line;
      if (!seen.insert(parts[1].str() + parts[2].str()).second) return "twice: " + line;
    } else {
      return "cannot be read: " + line;
    }
  }
  return "";
}

StatisticsBook a_book() {
  StatisticsBook book;
  book.take(Json{{"event", "stats"},
                 {"tool", "tbgw-spool"},
                 {"name", "/q \"1\"\\\n"},
                 {"counters", {{"delivered", 3}, {"undeliveredBytes", 9}, {"odd-name.x", 1}}}});
  book.take(Json{{"event", "stats"}, {"tool", "tbgw-serial"}, {"counters", {{"frames", 4}}}},
            "Kessel ü");
  book.error("Kessel ü");
  return book;
}

GatewayGlance a_glance() {
  GatewayGlance glance;
  glance.version = "0.1.0";
  glance.platform_up = true;
  glance.pipelines = {{"Kessel ü", "serial", true, 2}, {"plant", "modbus", false, 0}};
  return glance;
}

TEST(Metrics, APageIsWhatPrometheusReads) {
  const std::string page = metrics_text(a_book(), a_glance());
  EXPECT_EQ(mistake_in(page), "") << page;
  for (const char* line :
       {"tbgw_platform_up 1\n", "tbgw_pipeline_up{pipeline=\"plant\",type=\"modbus\"} 0\n",
        "tbgw_delivered_total{tool=\"tbgw-spool\",name=\"/q \\\"1\\\"\\\\\\n\"} 3\n",
        "tbgw_undelivered_bytes{tool=\"tbgw-spool\",name=\"/q \\\"1\\\"\\\\\\n\"} 9\n",
        "tbgw_frames_total{pipeline=\"Kessel ü\",tool=\"tbgw-serial\"} 4\n",
        "tbgw_errors_total{pipeline=\"Kessel ü\"} 1\n"}) {
    EXPECT_NE(page.find(line), std::string::npos) << line << page;
  }
}

TEST(Metrics, TheCheckOfThisTestFindsMistakes) {
  for (const char* wrong : {"", "a 1", "a 1\n", "# TYPE a gauge\na{b=c} 1\n",
                            "# TYPE a gauge\na 1\na 1\n", "# TYPE a counter\na 1\n",
                            "# TYPE a gauge\n# TYPE a gauge\na 1\n", "# TYPE a gauge\na x\n"})
    EXPECT_NE(mistake_in(wrong), "") << wrong;
}

TEST(Metrics, CountersGoOnOverTheRestartOfATool) {
  StatisticsBook book = a_book();
  book.take(Json{{"event", "stats"}, {"tool", "tbgw-serial"}, {"counters", {{"frames", 1}}}},
            "Kessel ü");
  EXPECT_NE(metrics_text(book, {}).find(
                "tbgw_frames_total{pipeline=\"Kessel ü\",tool=\"tbgw-serial\"} 5\n"),
            std::string::npos);
}

TEST(Metrics, RequestsOfAllKinds) {
  const auto page = [] { return std::string("a 1\n"); };
  const auto status = [&](const char* request) {
    const auto answer = http_answer(request, page);
    return answer ? answer->substr(9, 3) : "";
  };
  EXPECT_EQ(status("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"), "200");
  EXPECT_EQ(status("GET /metrics?a=b HTTP/1.0\n\n"), "200");
  EXPECT_EQ(status("GET /metrics\r\n\r\n"), "200");
  EXPECT_EQ(status("GET /etc/passwd HTTP/1.0\r\n\r\n"), "404");
  EXPECT_EQ(status("POST /metrics HTTP/1.0\r\n\r\n"), "405");
  EXPECT_EQ(status("\r\n\r\n"), "400");
  EXPECT_EQ(status("GET /metrics HTTP/1.0\r\n"), "");
  const std::string head = *http_answer("HEAD /metrics HTTP/1.0\r\n\r\n", page);
  EXPECT_NE(head.find("Content-Length: 4\r\n"), std::string::npos);
  EXPECT_EQ(head.substr(head.size() - 4), "\r\n\r\n");
}

class MetricsServerTest : public testing::Test {
 protected:
  MetricsServerTest() : server_(loop_, "127.0.0.1:0", [this] { return page_; }) {}

  [[nodiscard]] Fd connect() const {
    Fd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(server_.port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return fd;
  }
  void turn(int turns) {
    for (int i = 0; i < turns; ++i)
      loop_.turn(Loop::Duration{1});
  }
  /// Everything until the end, while the server works.
  std::string read_all(int fd) {
    std::string text;
    std::vector<char> block(65536);
    for (int i = 0; i < 2000; ++i) {
      turn(1);
      const ssize_t got = ::recv(fd, block.data(), block.size(), MSG_DONTWAIT);
      if (got == 0) return text;
      if (got > 0) text.append(block.data(), static_cast<std::size_t>(got));
    }
    return text + " (no end)";
  }

  Loop loop_;
  std::string page_ = "tbgw_info 1\n";
  MetricsServer server_;
};

TEST_F(MetricsServerTest, AScrapeGetsThePage) {
  const Fd fd = connect();
  ASSERT_TRUE(write_all(fd.get(), "GET /metrics HTTP/1.1\r\n").has_value());
  turn(3);
  ASSERT_TRUE(write_all(fd.get(), "Host: x\r\n\r\n").has_value());
  const std::string got = read_all(fd.get());
  EXPECT_EQ(got.substr(0, 15), "HTTP/1.0 200 OK");
  EXPECT_EQ(got.substr(got.size() - page_.size()), page_);
}

TEST_F(MetricsServerTest, ALargePageToASlowReaderArrivesWhole) {
  page_.assign(8'000'000, 'x');
  const Fd fd = connect();
  ASSERT_TRUE(write_all(fd.get(), "GET /metrics HTTP/1.0\r\n\r\n").has_value());
  turn(20);  // the socket is full now
  const std::string got = read_all(fd.get());
  EXPECT_EQ(got.size(), got.find("\r\n\r\n") + 4 + page_.size());
}

TEST_F(MetricsServerTest, WhoSaysNothingOrTooMuchHoldsUpNobody) {
  std::vector<Fd> idle;
  for (std::size_t i = 0; i < MetricsServer::kMostConnections - 1; ++i) {
    idle.push_back(connect());
    turn(2);  // the kernel's queue is short, and a full one would make connect() wait
  }
  const Fd good = connect();
  ASSERT_TRUE(write_all(good.get(), "GET / HTTP/1.0\r\n\r\n").has_value());
  EXPECT_EQ(read_all(good.get()).substr(0, 12), "HTTP/1.0 200");
  const Fd noisy = connect();
  ASSERT_TRUE(
      write_all(noisy.get(), std::string(MetricsServer::kLongestRequest + 1, 'x')).has_value());
  EXPECT_EQ(read_all(noisy.get()).substr(0, 12), "HTTP/1.0 431");
  idle.push_back(connect());
  turn(5);
  const Fd beyond = connect();
  EXPECT_EQ(read_all(beyond.get()), "");  // one too many
}

TEST_F(MetricsServerTest, AReaderThatGoesAwayIsForgotten) {
  page_.assign(8'000'000, 'x');
  for (int i = 0; i < 40; ++i) {
    const Fd fd = connect();
    ASSERT_TRUE(write_all(fd.get(), "GET / HTTP/1.0\r\n\r\n").has_value());
    turn(3);
  }
  turn(50);
  page_ = "a 1\n";
  const Fd fd = connect();
  ASSERT_TRUE(write_all(fd.get(), "GET / HTTP/1.0\r\n\r\n").has_value());
  EXPECT_EQ(read_all(fd.get()).substr(0, 12), "HTTP/1.0 200");
}

TEST_F(MetricsServerTest, NobodyOutsideIsServed) {
  for (const char* address : {"0.0.0.0:9100", "192.168.1.1:9100", "[::]:9100", "example.com:80",
                              "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000", ""}) {
    EXPECT_THROW(MetricsServer(loop_, address, [] { return ""; }), Fatal) << address;
  }
}

}  // namespace
}  // namespace tbgw::run
