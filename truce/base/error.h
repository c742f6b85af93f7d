// SPDX-License-Identifier: Apache-2.0
//
// Error says what went wrong, in words for the person who must mend it, and where. It is a value: copied, compared,
// stored. It is not an exception; no exception crosses a module's edge.
//
// Codes are stable: tests and programs compare them, people read the message. Each module has a range of a hundred.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace truce {

enum class ErrorCode : std::uint16_t {
  // base: 1..99
  kInvalidArgument = 1,  // the caller's words are off (exit status 2 on the command line)
  kNotFound = 2,         // no such file, statement, zone, ...
  kIo = 3,               // the operating system refused a read or a write (full disk, read-only folder, ...)
  kLimit = 4,            // longer, deeper, more than a named limit
  kSyntax = 5,           // bytes that are not of the format; `where` holds the offset of the first bad byte
  kNotCanonical = 6,     // of the format, but not in its one canonical form
  kOutOfRange = 7,       // a number or date outside of what the field allows
  kEncoding = 8,         // not UTF-8, not NFC, unassigned code points, NUL
  kBusy = 9,             // another process holds the lock
  kExists = 10,          // would overwrite
  kNotComputable = 11,   // this program or this node cannot compute what is asked for (says why)
  // geo: 100..199
  kInvalidRing = 100,   // a ring that crosses itself or has fewer than three corners
  kInvalidPlace = 101,  // outside of the world, NaN, antimeridian, pole
  kTooManyVertices = 102,
  // mechanism: 200..299
  kInvalidMechanism = 200,
  kUnknownParty = 201,
  // record: 300..399
  kInvalidEnvelope = 300,
  kInvalidNote = 301,  // a signed note that is malformed
  kBadSignature = 302,
  kBadTile = 303,  // a tile of the wrong size or with wrong hashes
  kMissingTile = 304,
  kBadRoot = 305,     // entries do not give the signed root
  kBadJournal = 306,  // damaged other than by a torn tail
  kMissingBlob = 307,
  kBadBlob = 308,
  kLocked = 309,  // keys are wrapped: unlock first
  kBadPassphrase = 310,
  kBadSealedPart = 311,
  kRolledBack = 312,        // the log is shorter than a head that was published
  kInvalidStatement = 313,  // the body of a receipt, amendment, consent, ... is not of its form
  kFork = 314,              // two signed heads of one log that cannot both be true
  kBadProof = 315,          // a Merkle proof that does not hold
  kRefused = 316,           // a peer or witness says no (says why)
  // monitor: 400..499
  kInvalidReport = 400,
  kInvalidZone = 401,
  kInvalidActor = 402,
  kInvalidPlaceList = 403,
  kInvalidImport = 404,
  kAmbiguous = 405,        // a name with several meanings; the message lists them
  kKnownKeyDiffers = 406,  // an imported key is known with other values
  kInvalidCalibration = 410,
  kInvalidLink = 411,  // a join or split
  // picture, store, brief: 500..599
  kBadDatabase = 500,  // damaged or of another schema; can be rebuilt
  kBriefDiffers = 501,
};

// The name of a code in kebab-case, as --json prints it ("not-found"). Never empty.
[[nodiscard]] std::string_view error_code_name(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::kInvalidArgument;
  std::string message;  // one sentence without a full stop, for a person
  std::string where;    // file, line, field, offset or statement; may be empty

  // "where: message", or the message alone.
  [[nodiscard]] std::string to_string() const;

  friend bool operator==(const Error&, const Error&) = default;
};

}  // namespace truce
