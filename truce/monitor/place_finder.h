// SPDX-License-Identifier: Apache-2.0
//
// PlaceFinder looks names up in place lists, in all languages and variants. It answers with candidates and never
// chooses: one exact candidate is an answer, several are a question to the person who typed the name.
//
// Names are compared folded (fold_name()): lower case, without marks, with letters that Arabic writers exchange made
// one. The folding is our own and small, so that it is the same everywhere; it is for finding, NOT part of any
// statement. Built once, then only read: any number of threads. Memory: about twice the names. Cost: exact and prefix
// by binary search; one edit by a pass over names of like length.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/result.h"
#include "truce/monitor/bodies.h"

namespace truce::monitor {

// The form in which names are compared. Latin, Cyrillic and Greek-free: ASCII, Latin-1 and Latin Extended-A letters
// lose case and marks, Cyrillic loses case (yo is ye), Arabic loses vowel marks and tatweel, and forms of alef, yeh,
// kaf, heh and teh marbuta become one. Apostrophes vanish; other punctuation and spaces become one space. Bytes that
// are not UTF-8 become a space.
[[nodiscard]] std::string fold_name(std::string_view name);

// In order of strength.
enum class MatchKind : std::uint8_t { kId, kExact, kPrefix, kOneEdit };

struct PlaceCandidate {
  MatchKind kind = MatchKind::kExact;
  std::string list;
  const NamedPlace* place = nullptr;  // lives as long as the finder
  std::string matched;                // the name or variant that matched, as stated
  // "list/place": what a report's place names.
  [[nodiscard]] std::string ref() const { return list + '/' + place->id; }
};

class PlaceFinder {
 public:
  static constexpr std::size_t kCandidateCountMax = 20;

  // Adds a list. A later list of the same id replaces nothing: both answer.
  void add(std::string list, std::vector<NamedPlace> places);
  // Sorts the index. REQUIRES: called after the last add() and before find().
  void finish();

  // Candidates: strongest kind first, then by list and place id, each place once, at most kCandidateCountMax.
  // "list/place" and a bare place id match by id. Prefixes only of 3 characters or more, one edit only of 5 or more,
  // each only where no stronger kind matched.
  [[nodiscard]] std::vector<PlaceCandidate> find(std::string_view name) const;

  // The one place meant: a single candidate by id or, failing that, a single exact one. Else kAmbiguous listing the
  // candidates, or kNotFound naming those that come near.
  [[nodiscard]] Result<PlaceCandidate> find_one(std::string_view name) const;

  [[nodiscard]] std::size_t place_count() const;

 private:
  struct Entry {
    std::string folded;
    std::uint32_t list = 0;
    std::uint32_t place = 0;
    std::int32_t name = 0;  // -1 - n: the n-th variant; n: the n-th language's name
  };
  struct List {
    std::string id;
    std::vector<NamedPlace> places;
  };

  [[nodiscard]] PlaceCandidate candidate(const Entry& e, MatchKind kind) const;

  std::vector<List> lists_;
  std::vector<Entry> entries_;  // by folded name, list, place
};

}  // namespace truce::monitor
