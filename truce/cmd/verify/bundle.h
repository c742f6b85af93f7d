// SPDX-License-Identifier: Apache-2.0
//
// A bundle (docs/format/bundle.md) as a Subject: each log in it is checked as far as it goes. A bundle since a cut
// holds the tiles from there on: what is before them is not here, and said so. The file is read anew for each question,
// one member in memory at a time.

#pragma once

#include <memory>
#include <string>

#include "truce/base/file.h"
#include "truce/cmd/verify/subject.h"

namespace truce::verify {

// `files` must live as long as the subject.
[[nodiscard]] std::unique_ptr<Subject> bundle_subject(FileSystem& files, std::string path);

}  // namespace truce::verify
