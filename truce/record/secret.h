// SPDX-License-Identifier: Apache-2.0
//
// Secret: bytes that must not spread: moved, never copied silently, never printed or compared by accident, overwritten
// when done with. What view() shows may only go into a cipher or a key file. One thread at a time, or any number of
// readers.

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "truce/base/json.h"

namespace truce::record {

// Overwrites the bytes in a way that the compiler may not leave out.
void wipe(std::string& bytes);
// Every text in it.
void wipe(Json& value);

class Secret {
 public:
  Secret() = default;
  // The one way to make a copy: it says so. The caller wipes its own.
  [[nodiscard]] static Secret copy_of(std::string_view bytes);
  // Takes the bytes and overwrites the string.
  [[nodiscard]] static Secret from(std::string&& bytes);
  ~Secret();
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  [[nodiscard]] std::string_view view() const { return {bytes_.get(), size_}; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
};

}  // namespace truce::record
