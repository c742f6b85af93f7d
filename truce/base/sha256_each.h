// SPDX-License-Identifier: Apache-2.0
//
// sha256_each: SHA-256 of many messages at once, as logs have them: entries and nodes of a tree. On processors with SHA
// instructions two messages are hashed at a time, because one alone waits for its own previous round; elsewhere one
// after the other by OpenSSL. NOT for one long message: Sha256. Pure; any thread.

#pragma once

#include <span>
#include <string_view>

#include "truce/base/sha256.h"

namespace truce {

// out[i] is SHA-256(prefix || messages[i]). REQUIRES: out.size() == messages.size().
void sha256_each(char prefix, std::span<const std::string_view> messages, std::span<Hash> out);

// The same by OpenSSL alone, on any processor: what sha256_each() is tested against.
void sha256_each_portable(char prefix, std::span<const std::string_view> messages, std::span<Hash> out);

}  // namespace truce
