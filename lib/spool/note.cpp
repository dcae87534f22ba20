// SPDX-License-Identifier: Apache-2.0
#include "spool/note.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "spool/segment.hpp"

namespace tbgw::spool {
namespace {

using Json = nlohmann::ordered_json;

/// A note is short; what is longer is none, and not parsed.
constexpr std::size_t kMostNote = 4096;

std::optional<std::uint64_t> number_in(const Json& note, const char* key) {
  const auto found = note.find(key);
  if (found == note.end() || !found->is_number_unsigned()) return std::nullopt;
  return found->get<std::uint64_t>();
}

}  // namespace

std::string note_payload(const Note& note) {
  Json json;
  json["v"] = kFormatVersion;
  if (!note.id.empty()) {
    json["id"] = note.id;
    json["first"] = note.first;
    json["t"] = note.time;
  }
  if (note.dropped) json["dropped"] = *note.dropped;
  if (note.damaged) json["damaged"] = *note.damaged;
  if (note.gone) json["gone"] = {note.gone->first, note.gone->second};
  return json.dump();
}

Note parse_note(std::string_view payload) {
  Note note;
  if (payload.size() > kMostNote) return note;
  const Json json = Json::parse(payload, nullptr, false);
  if (!json.is_object()) return note;
  note.first = number_in(json, "first").value_or(0);
  note.time =
      static_cast<EpochMs>(std::min<std::uint64_t>(number_in(json, "t").value_or(0), INT64_MAX));
  note.dropped = number_in(json, "dropped");
  note.damaged = number_in(json, "damaged");
  if (const auto id = json.find("id"); id != json.end() && id->is_string()) {
    note.id = id->get<std::string>();
  }
  const auto gone = json.find("gone");
  if (gone != json.end() && gone->is_array() && gone->size() == 2 &&
      (*gone)[0].is_number_unsigned() && (*gone)[1].is_number_unsigned()) {
    note.gone.emplace((*gone)[0].get<std::uint64_t>(), (*gone)[1].get<std::uint64_t>());
  }
  return note;
}

std::optional<Identity> identity_in_header(std::string_view bytes) {
  constexpr std::string_view kMember = "\"id\":\"";
  const std::string_view start = bytes.substr(0, kMostNote);
  const std::size_t found = start.find(kMember);
  if (found == std::string_view::npos) return std::nullopt;
  const std::string_view id = start.substr(found + kMember.size(), kIdSize);
  const Identity claimed{std::string{id}};
  const Piece piece = first_piece(claimed, start, true);
  if (piece.kind != Piece::Kind::record || piece.seq != 0) return std::nullopt;
  return parse_note(piece.payload).id == id ? std::optional(claimed) : std::nullopt;
}

}  // namespace tbgw::spool
