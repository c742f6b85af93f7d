// SPDX-License-Identifier: Apache-2.0

#include "truce/base/error.h"

#include "truce/base/result.h"

namespace truce {

std::string_view error_code_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return "invalid-argument";
    case ErrorCode::kNotFound: return "not-found";
    case ErrorCode::kIo: return "io";
    case ErrorCode::kLimit: return "limit";
    case ErrorCode::kSyntax: return "syntax";
    case ErrorCode::kNotCanonical: return "not-canonical";
    case ErrorCode::kOutOfRange: return "out-of-range";
    case ErrorCode::kEncoding: return "encoding";
    case ErrorCode::kBusy: return "busy";
    case ErrorCode::kExists: return "exists";
    case ErrorCode::kNotComputable: return "not-computable";
    case ErrorCode::kInvalidRing: return "invalid-ring";
    case ErrorCode::kInvalidPlace: return "invalid-place";
    case ErrorCode::kTooManyVertices: return "too-many-vertices";
    case ErrorCode::kInvalidMechanism: return "invalid-mechanism";
    case ErrorCode::kUnknownParty: return "unknown-party";
    case ErrorCode::kInvalidEnvelope: return "invalid-envelope";
    case ErrorCode::kInvalidNote: return "invalid-note";
    case ErrorCode::kBadSignature: return "bad-signature";
    case ErrorCode::kBadTile: return "bad-tile";
    case ErrorCode::kMissingTile: return "missing-tile";
    case ErrorCode::kBadRoot: return "bad-root";
    case ErrorCode::kBadJournal: return "bad-journal";
    case ErrorCode::kMissingBlob: return "missing-blob";
    case ErrorCode::kBadBlob: return "bad-blob";
    case ErrorCode::kLocked: return "locked";
    case ErrorCode::kBadPassphrase: return "bad-passphrase";
    case ErrorCode::kBadSealedPart: return "bad-sealed-part";
    case ErrorCode::kRolledBack: return "rolled-back";
    case ErrorCode::kInvalidStatement: return "invalid-statement";
    case ErrorCode::kFork: return "fork";
    case ErrorCode::kBadProof: return "bad-proof";
    case ErrorCode::kRefused: return "refused";
    case ErrorCode::kInvalidReport: return "invalid-report";
    case ErrorCode::kInvalidZone: return "invalid-zone";
    case ErrorCode::kInvalidActor: return "invalid-actor";
    case ErrorCode::kInvalidPlaceList: return "invalid-place-list";
    case ErrorCode::kInvalidImport: return "invalid-import";
    case ErrorCode::kInvalidCalibration: return "invalid-calibration";
    case ErrorCode::kInvalidLink: return "invalid-link";
    case ErrorCode::kAmbiguous: return "ambiguous";
    case ErrorCode::kKnownKeyDiffers: return "known-key-differs";
    case ErrorCode::kBadDatabase: return "bad-database";
    case ErrorCode::kBriefDiffers: return "brief-differs";
  }
  return "unknown";
}

std::string Error::to_string() const {
  return where.empty() ? message : where + ": " + message;
}

Error at(Error error, std::string_view prefix) {
  error.where = error.where.empty() ? std::string(prefix) : std::string(prefix) + ": " + error.where;
  return error;
}

}  // namespace truce
