// SPDX-License-Identifier: Apache-2.0
//
// Witness: cosigns heads of the mechanism's logs that only ever grow (C2SP tlog-witness; docs/format/receipt.md). Its
// memory, the largest head that it has cosigned of each log, is durable before a cosignature leaves it, and is checked
// and replaced in one step, whoever asks: any thread, any number of processes on the same folder.
//
// A head that contradicts what was cosigned is never cosigned; both are handed to the caller, who makes evidence of
// them.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "truce/base/clock.h"
#include "truce/base/file.h"
#include "truce/base/result.h"
#include "truce/record/cosignature.h"
#include "truce/record/evidence.h"
#include "truce/record/log.h"
#include "truce/record/secret.h"

namespace truce::record {

// Longest body of an add-checkpoint request.
inline constexpr std::size_t kAddCheckpointBytesMax = 4096 + kNoteBytesMax;

class Witness {
 public:
  // What answers an add-checkpoint request: HTTP status, content type, body.
  struct Answer {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
    std::optional<ForkEvidence> fork;  // with 409 or 422: the log has signed two heads that cannot both be true
  };
  // Public key (raw, 32 bytes) and name of the log with this origin; nothing for a log that is none of the mechanism's.
  struct KnownLog {
    LogId log;
    std::string public_key;
  };
  using Lookup = std::function<std::optional<KnownLog>(std::string_view origin)>;

  // `folder` is witness/ of the node; made if it is not there. `seed` is the cosigning key's.
  [[nodiscard]] static Result<std::unique_ptr<Witness>> open(FileSystem& files, std::string folder, Cosigner cosigner,
                                                             std::string_view seed, Clock& clock);

  // POST <prefix>/add-checkpoint: "old N", proof lines, an empty line, a checkpoint. 200 with the cosignature line,
  // 400, 403, 404, 409 with the known size, 422 as C2SP tlog-witness says, 500 where the memory cannot be written.
  [[nodiscard]] Answer add_checkpoint(std::string_view body, const Lookup& lookup);

  // The last checkpoint that was cosigned of a log (its own signature alone); empty: none.
  [[nodiscard]] Result<std::string> last_checkpoint(const std::string& origin);

  // Cosigns a head that a mirror has checked against this very checkpoint. `is_prefix(size)` gives the mirror's root at
  // the size that was cosigned before. Nothing where a larger head was cosigned already or where it does not fit
  // (evidence is the mirror's work). Fails with kIo.
  [[nodiscard]] Result<std::optional<NoteSignature>> cosign_mirrored(
      const LogPlace& place, std::string_view checkpoint,
      const std::function<Result<Hash>(std::uint64_t size)>& root_at);

  [[nodiscard]] const Cosigner& cosigner() const { return cosigner_; }

 private:
  Witness(FileSystem& files, std::string folder, Cosigner cosigner, std::string_view seed, Clock& clock)
      : files_(files),
        folder_(std::move(folder)),
        cosigner_(std::move(cosigner)),
        seed_(Secret::copy_of(seed)),
        clock_(clock) {}
  [[nodiscard]] Status load();
  [[nodiscard]] Status remember(const std::string& origin, const std::string& checkpoint);

  FileSystem& files_;
  const std::string folder_;
  const Cosigner cosigner_;
  const Secret seed_;
  Clock& clock_;
  std::mutex mutex_;
  std::unique_ptr<File> memory_;
  std::uint64_t read_to_ = 0;                // bytes of the memory that are known here
  std::map<std::string, std::string> last_;  // origin -> checkpoint with the log's signature alone
};

}  // namespace truce::record
