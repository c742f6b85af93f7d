// SPDX-License-Identifier: Apache-2.0
//
// Personal<T>: a value about a person (a name, a telephone number) in memory. It cannot be printed, formatted, turned
// into a text or Json, or compared by accident; reveal() is the one way to it, so that each place that lets it out can
// be found and judged. It is moved, never copied silently, and overwritten when it goes.
//
// It is NOT encryption, and not for keys (record::Secret). What reveal() shows must not be kept. As thread-safe as T.
// What does not compile with it: personal_refused.sh.

#pragma once

#include <string.h>

#include <iosfwd>
#include <string>
#include <type_traits>
#include <utility>

namespace truce {

template <typename T>
class Personal {
  static_assert(std::is_same_v<T, std::string> || std::is_trivially_copyable_v<T>,
                "a text or a plain value: of others it is not known how to overwrite them");

 public:
  Personal() = default;
  // Takes the value and overwrites the caller's.
  explicit Personal(T&& value) : value_(std::move(value)) { wipe(value); }
  ~Personal() { wipe(value_); }
  Personal(Personal&& other) noexcept : value_(std::move(other.value_)) { wipe(other.value_); }
  Personal& operator=(Personal&& other) noexcept {
    if (this == &other) return *this;
    wipe(value_);
    value_ = std::move(other.value_);
    wipe(other.value_);
    return *this;
  }
  Personal(const Personal&) = delete;
  Personal& operator=(const Personal&) = delete;
  // The one way to make a copy: it says so.
  [[nodiscard]] Personal copy() const {
    T value = value_;
    return Personal(std::move(value));
  }

  // The value, for what must be done with it here and now.
  [[nodiscard]] const T& reveal() const { return value_; }

  // Whether two are the same is a question that is asked of what reveal() gives.
  template <typename U>
  bool operator==(const U&) const = delete;
  template <typename U>
  auto operator<=>(const U&) const = delete;
  template <typename Stream>
  friend Stream& operator<<(Stream&, const Personal&) = delete;

 private:
  // In a way that the compiler may not leave out; of a text what lies behind its end, too.
  static void wipe(T& value) noexcept {
    if constexpr (std::is_same_v<T, std::string>) {
      value.resize(value.capacity());  // allocates nothing
      ::explicit_bzero(value.data(), value.size());
      value.clear();
    } else {
      ::explicit_bzero(&value, sizeof value);
    }
  }

  T value_{};
};

}  // namespace truce
