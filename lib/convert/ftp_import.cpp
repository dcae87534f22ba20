// SPDX-License-Identifier: Apache-2.0
// ftp.json: files of lines, of columns, or of JSON.
#include <string>

#include "convert/down_import.hpp"
#include "convert/family_frame.hpp"
#include "convert/family_import.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

/// Of a sliced line, [a:b] is the first of the columns from a on; as a path to the column's number.
void use_columns(const ConfigTable& table, std::string_view key, Text& text) {
  Text sliced = parse_byte_text(text.pieces.empty() ? "" : text.pieces.front().text);
  if (!text.constant() || sliced.constant()) return;
  for (Text::Piece& piece : sliced.pieces) {
    if (piece.what != Text::Piece::What::bytes) continue;
    if (piece.range.from < 0) table.fail(key, "columns are counted from the first one, 0");
    piece.what = Text::Piece::What::path;
    piece.path.text = std::to_string(piece.range.from);
  }
  text = std::move(sliced);
}

std::vector<Item> read_columns(ConfigTable& table, std::string_view key, const ItemStyle& style,
                               bool sliced) {
  std::vector<Item> items = read_items(table, key, style);
  for (Item& item : items) {
    if (!sliced || item.from != Item::From::text) continue;
    use_columns(table, key, item.key);
    use_columns(table, key, item.value);
  }
  return items;
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

}  // namespace

Imported import_ftp(ConfigTable& root, bool compat) {
  FamilyFrame frame(root, compat, "path");
  frame.set_style(DownStyle::ftp);
  root.ignore({"parameters"});
  read_down_rules(root, DownStyle::ftp, "", "", frame.down_rules(), frame.notices());
  return frame.run(
      "paths", {"host", "port", "TLSSupport", "security"},
      [&](ConfigTable& table, std::size_t index) {
        const ItemStyle style = frame.style(table);
        Mapping mapping;
        mapping.place = "paths[" + std::to_string(index) + "]";
        mapping.match.pattern = table.text({"path"}).value_or("");
        if (mapping.match.pattern.empty()) table.fail("path: must name the files");
        mapping.match.by = mapping.match.pattern.find('*') == std::string::npos ? Match::By::exact
                                                                                : Match::By::glob;
        const bool json = ends_with(mapping.match.pattern, ".json");
        const bool csv = ends_with(mapping.match.pattern, ".csv");
        const std::string view = table.text({"txtFileDataView"}).value_or("TABLE");
        if (view != "TABLE" && view != "SLICED") {
          table.fail("txtFileDataView", "must be TABLE or SLICED, is " + in_quotes(view));
        }
        const bool sliced = !json && !csv && view == "SLICED";
        mapping.decode.as = json ? Decode::As::json : Decode::As::csv;
        mapping.decode.numbered = sliced;
        mapping.decode.separator = table.text({"delimiter"}).value_or(",");
        if (mapping.decode.separator.empty()) table.fail("delimiter", "must not be empty");
        mapping.device =
            text_at(table, "devicePatternName", table.text({"devicePatternName"}).value_or(""));
        mapping.profile = text_at(table, "devicePatternType",
                                  table.text({"devicePatternType"}).value_or("default"));
        if (sliced) {
          use_columns(table, "devicePatternName", mapping.device);
          use_columns(table, "devicePatternType", mapping.profile);
        }
        mapping.attributes = read_columns(table, "attributes", style, sliced);
        mapping.telemetry = read_columns(table, "timeseries", style, sliced);
        if (const auto custom = table.table({"converter"})) {
          ConfigTable converter = *custom;
          check_class(converter, "extension", {});
        }
        finish_table(
            table,
            {"readMode", "maxFileSize", "pollPeriod", "withSortingFiles", "with_sorting_files"},
            frame.notices());
        frame.add(std::move(mapping));
      });
}

}  // namespace tbgw::convert
