// SPDX-License-Identifier: Apache-2.0

#include "truce/record/secret.h"

#include <sodium.h>

#include <cstring>
#include <utility>

namespace truce::record {

void wipe(std::string& bytes) {
  sodium_memzero(bytes.data(), bytes.size());
  bytes.clear();
}

void wipe(Json& value) {
  if (value.is_string()) {
    // The value owns the text and is not const itself.
    wipe(const_cast<std::string&>(value.as_string()));
  } else if (value.is_array()) {
    for (Json& v : value.as_array()) wipe(v);
  } else if (value.is_object()) {
    for (auto& member : value.as_object()) wipe(member.second);
  }
}

Secret Secret::copy_of(std::string_view bytes) {
  Secret out;
  out.bytes_ = std::make_unique<char[]>(bytes.size());
  out.size_ = bytes.size();
  std::memcpy(out.bytes_.get(), bytes.data(), bytes.size());
  return out;
}

Secret Secret::from(std::string&& bytes) {
  Secret out = copy_of(bytes);
  wipe(bytes);
  return out;
}

Secret::~Secret() {
  if (bytes_) sodium_memzero(bytes_.get(), size_);
}

Secret::Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  if (bytes_) sodium_memzero(bytes_.get(), size_);
  bytes_ = std::move(other.bytes_);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

}  // namespace truce::record
