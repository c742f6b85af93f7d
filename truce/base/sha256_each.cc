// SPDX-License-Identifier: Apache-2.0

#include "truce/base/sha256_each.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

namespace truce {

void sha256_each_portable(char prefix, std::span<const std::string_view> messages, std::span<Hash> out) {
  for (std::size_t i = 0; i < messages.size(); ++i) out[i] = sha256({&prefix, 1}, messages[i]);
}

#if defined(__x86_64__)
namespace {

constexpr std::size_t kBlockBytes = 64;

// FIPS 180-4, section 4.2.2.
alignas(16) constexpr std::uint32_t kRounds[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

// Words a b e f and c d g h, most significant first, as the instructions keep them; section 5.3.3.
struct State {
  __m128i abef, cdgh;
};
State initial_state() {
  return {_mm_set_epi32(0x6a09e667, static_cast<int>(0xbb67ae85), 0x510e527f, static_cast<int>(0x9b05688c)),
          _mm_set_epi32(0x3c6ef372, static_cast<int>(0xa54ff53a), 0x1f83d9ab, 0x5be0cd19)};
}

// One message on its way through the rounds: the prefix with the first bytes, blocks of the message itself, and the
// padded end.
struct Lane {
  State state;
  Hash* out = nullptr;
  std::size_t blocks = 0;  // left
  std::size_t middle = 0;  // of them, before the end, that lie in the message
  bool has_first = false;
  const char* at = nullptr;
  const char* end_at = nullptr;
  alignas(16) char first[kBlockBytes];
  alignas(16) char end[2 * kBlockBytes];

  void begin(char prefix, std::string_view message, Hash& hash) {
    state = initial_state();
    out = &hash;
    const std::uint64_t size = message.size() + 1;
    const std::size_t whole = size / kBlockBytes;
    has_first = whole != 0;
    middle = has_first ? whole - 1 : 0;
    std::size_t rest = size % kBlockBytes;
    if (has_first) {
      first[0] = prefix;
      std::memcpy(first + 1, message.data(), kBlockBytes - 1);
      at = message.data() + kBlockBytes - 1;
      if (rest != 0) std::memcpy(end, message.data() + message.size() - rest, rest);
    } else {
      end[0] = prefix;
      if (!message.empty()) std::memcpy(end + 1, message.data(), message.size());
    }
    const std::size_t end_bytes = rest < kBlockBytes - 8 ? kBlockBytes : 2 * kBlockBytes;
    end[rest++] = static_cast<char>(0x80);
    std::memset(end + rest, 0, end_bytes - rest);
    for (std::size_t i = 0; i < 8; ++i) end[end_bytes - 1 - i] = static_cast<char>(size * 8 >> (8 * i));
    end_at = end;
    blocks = whole + end_bytes / kBlockBytes;
  }
  // REQUIRES: blocks != 0.
  const char* next() {
    --blocks;
    if (has_first) {
      has_first = false;
      return first;
    }
    const bool is_middle = middle != 0;
    if (is_middle) --middle;
    const char*& from = is_middle ? at : end_at;
    return std::exchange(from, from + kBlockBytes);
  }
};

#define TRUCE_SHA __attribute__((target("sha,sse4.1")))

// A block under way.
struct Rounds {
  __m128i abef, cdgh;
  __m128i words[4];  // of the message schedule: sixteen of them, four to each
};

TRUCE_SHA inline __m128i big_endian(__m128i words) {
  return _mm_shuffle_epi8(words, _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL));
}

TRUCE_SHA inline Rounds begin_block(const State& state, const char* block) {
  const auto* from = reinterpret_cast<const __m128i*>(block);
  return {state.abef,
          state.cdgh,
          {big_endian(_mm_loadu_si128(from)), big_endian(_mm_loadu_si128(from + 1)),
           big_endian(_mm_loadu_si128(from + 2)), big_endian(_mm_loadu_si128(from + 3))}};
}

// Rounds 4 * Step to 4 * Step + 3; section 6.2.2. Templates, so that every index is known when registers are given out.
template <int Step>
TRUCE_SHA inline __attribute__((always_inline)) void four_rounds(Rounds& r) {
  constexpr int kNow = Step & 3, kA = (Step + 1) & 3, kB = (Step + 2) & 3, kC = (Step + 3) & 3;
  const __m128i sum = _mm_add_epi32(r.words[kNow], _mm_load_si128(reinterpret_cast<const __m128i*>(kRounds) + Step));
  r.cdgh = _mm_sha256rnds2_epu32(r.cdgh, r.abef, sum);
  r.abef = _mm_sha256rnds2_epu32(r.abef, r.cdgh, _mm_shuffle_epi32(sum, 0x0e));
  if constexpr (Step < 12) {
    // The words sixteen further on take the place of these.
    const __m128i sevens = _mm_alignr_epi8(r.words[kC], r.words[kB], 4);
    const __m128i partial = _mm_add_epi32(_mm_sha256msg1_epu32(r.words[kNow], r.words[kA]), sevens);
    r.words[kNow] = _mm_sha256msg2_epu32(partial, r.words[kC]);
  }
}

template <int Step, typename... R>
TRUCE_SHA inline __attribute__((always_inline)) void rounds_from(R&... r) {
  (four_rounds<Step>(r), ...);
  if constexpr (Step < 15) rounds_from<Step + 1>(r...);
}

TRUCE_SHA inline void end_block(const Rounds& r, State& state) {
  state.abef = _mm_add_epi32(state.abef, r.abef);
  state.cdgh = _mm_add_epi32(state.cdgh, r.cdgh);
}

TRUCE_SHA void compress(Lane& lane) {
  Rounds r = begin_block(lane.state, lane.next());
  rounds_from<0>(r);
  end_block(r, lane.state);
}

TRUCE_SHA void compress(Lane& a, Lane& b) {
  Rounds ra = begin_block(a.state, a.next());
  Rounds rb = begin_block(b.state, b.next());
  rounds_from<0>(ra, rb);
  end_block(ra, a.state);
  end_block(rb, b.state);
}

TRUCE_SHA void finish(Lane& lane) {
  const __m128i feba = _mm_shuffle_epi32(lane.state.abef, 0x1b);  // a b e f from the lowest word on
  const __m128i hgdc = _mm_shuffle_epi32(lane.state.cdgh, 0x1b);
  auto* to = reinterpret_cast<__m128i*>(lane.out->bytes.data());
  _mm_storeu_si128(to, big_endian(_mm_unpacklo_epi64(feba, hgdc)));
  _mm_storeu_si128(to + 1, big_endian(_mm_unpackhi_epi64(feba, hgdc)));
}

void each_in_lanes(char prefix, std::span<const std::string_view> messages, std::span<Hash> out) {
  Lane lanes[2];
  std::size_t begun = 0;
  const auto begin_next = [&](Lane& lane) {
    if (begun == messages.size()) return false;
    lane.begin(prefix, messages[begun], out[begun]);
    ++begun;
    return true;
  };
  bool both = begin_next(lanes[0]) && begin_next(lanes[1]);
  if (!both && begun == 0) return;
  while (both) {
    for (std::size_t n = std::min(lanes[0].blocks, lanes[1].blocks); n != 0; --n) compress(lanes[0], lanes[1]);
    for (Lane& lane : lanes) {
      if (lane.blocks != 0) continue;
      finish(lane);
      if (!begin_next(lane)) both = false;
    }
  }
  for (Lane& lane : lanes) {
    if (lane.blocks == 0) continue;
    while (lane.blocks != 0) compress(lane);
    finish(lane);
  }
}

// SHA (leaf 7, EBX bit 29), SSSE3 and SSE4.1 (leaf 1, ECX bits 9 and 19).
bool has_sha_instructions() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0 || (b >> 29 & 1) == 0) return false;
  return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c >> 9 & 1) != 0 && (c >> 19 & 1) != 0;
}

#undef TRUCE_SHA

}  // namespace

void sha256_each(char prefix, std::span<const std::string_view> messages, std::span<Hash> out) {
  static const bool quick = has_sha_instructions();
  quick ? each_in_lanes(prefix, messages, out) : sha256_each_portable(prefix, messages, out);
}
#else
void sha256_each(char prefix, std::span<const std::string_view> messages, std::span<Hash> out) {
  sha256_each_portable(prefix, messages, out);
}
#endif

}  // namespace truce
