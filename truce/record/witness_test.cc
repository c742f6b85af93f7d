// SPDX-License-Identifier: Apache-2.0

#include "truce/record/witness.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "truce/base/encoding.h"
#include "truce/record/merkle.h"
#include "truce/record/proof.h"
#include "truce/record/record_testing.h"

namespace truce::record {
namespace {

const std::string kSeed(32, '\x31');
Cosigner witness_key() {
  return {"truce/" + sha256("an invented mechanism").hex() + "/w", ed25519_public_key(kSeed)};
}

// A log of numbered leaves, on one of two branches from `split` on.
struct Tree {
  std::string origin = test_place("").origin();
  std::vector<Hash> leaves;
  Tree(std::size_t n, std::size_t split = 1000, const std::string& branch = "b ") {
    for (std::size_t i = 0; i < n; ++i) leaves.push_back(leaf_hash((i < split ? "same " : branch) + std::to_string(i)));
  }
  [[nodiscard]] NodeReader nodes() const {
    return [this](int level, std::uint64_t index) -> Result<Hash> {
      return subtree_hash(std::span(leaves).subspan(index << level, std::size_t{1} << level));
    };
  }
  [[nodiscard]] std::string checkpoint(std::size_t n, const std::string& seed = test_seed()) const {
    return sign_checkpoint({origin, n, root_from_nodes(n, nodes()).value(), {}}, seed);
  }
  [[nodiscard]] std::string request(std::size_t old, std::size_t n) const {
    std::string out = "old " + std::to_string(old) + '\n';
    if (old != 0 && old <= n) {
      const std::vector<Hash> proof = prove_consistency(old, n, nodes()).value();
      for (const Hash& h : proof) out += to_base64(h.view()) + '\n';
    }
    return out + '\n' + checkpoint(n);
  }
};

Witness::Lookup lookup() {
  return [](std::string_view origin) -> std::optional<Witness::KnownLog> {
    const LogPlace place = test_place("");
    if (origin != place.origin()) return std::nullopt;
    return Witness::KnownLog{place.log, place.public_key};
  };
}

class WitnessTest : public testing::Test {
 protected:
  void SetUp() override { open(); }
  void open(FileSystem& files = system_files()) {
    witness.reset();
    auto w = Witness::open(files, folder / "witness", witness_key(), kSeed, clock);
    ASSERT_TRUE(w) << w.error().to_string();
    witness = std::move(w).value();
  }
  Witness::Answer ask(const std::string& body) { return witness->add_checkpoint(body, lookup()); }

  TemporaryFolder folder;
  FixedClock clock{Instant{1'800'000'000'000}};
  std::unique_ptr<Witness> witness;
};

TEST_F(WitnessTest, CosignsWhatOnlyGrows) {
  const Tree tree(700);
  std::size_t old = 0;
  for (const std::size_t n : {0U, 1U, 1U, 2U, 255U, 256U, 257U, 700U}) {
    const auto a = ask(tree.request(old, n));
    ASSERT_EQ(a.status, 200) << n << ' ' << a.body;
    const auto note = SignedNote::parse(tree.checkpoint(n) + a.body);
    ASSERT_TRUE(note);
    EXPECT_EQ(cosigned_at(*note, witness_key(), clock.now()), clock.now());
    old = n;
    if (n % 2 == 0) open();  // and again, from what is on disk
  }
}

TEST_F(WitnessTest, AnswersAsTheSpecificationSays) {
  const Tree tree(20);
  ASSERT_EQ(ask(tree.request(0, 7)).status, 200);
  const std::string own = tree.checkpoint(9);
  const std::string good = tree.request(7, 9);
  const struct {
    const char* why;
    int status;
    std::string body;
  } kCases[] = {
      {"wrong old size", 409, tree.request(6, 9)},
      {"old size of nothing", 409, tree.request(0, 9)},
      {"an older head", 409, tree.request(5, 6)},
      {"old larger than the checkpoint", 400, "old 10\n\n" + own},
      {"no proof", 422, "old 7\n\n" + own},
      {"a wrong proof", 422, "old 7\n" + to_base64(sha256("x").view()) + "\n\n" + own},
      {"unknown origin", 404, "old 0\n\n" + sign_checkpoint({"truce/other/un/main", 3, sha256("x"), {}}, test_seed())},
      {"another key", 403, "old 7\n\n" + tree.checkpoint(9, std::string(32, 'k'))},
      {"empty", 400, ""},
      {"no old line", 400, "\n" + own},
      {"leading zero", 400, "old 07" + good.substr(5)},
      {"negative", 400, "old -7" + good.substr(5)},
      {"a number too large", 400, "old 99999999999999999999" + good.substr(5)},
      {"a proof line that is none", 400, "old 7\nxyz\n\n" + own},
      {"sixty-four proof lines", 400,
       [&] {
         std::string b = "old 7\n";
         for (int i = 0; i < 64; ++i) b += to_base64(sha256("x").view()) + '\n';
         return b + '\n' + own;
       }()},
      {"no checkpoint", 400, "old 7\n\n"},
      {"a megabyte", 400, "old 7\n\n" + own + std::string(1 << 20, 'x')},
  };
  for (const auto& c : kCases) {
    const auto a = ask(c.body);
    EXPECT_EQ(a.status, c.status) << c.why << ": " << a.body;
    EXPECT_FALSE(a.fork) << c.why;
    if (c.status == 409) {
      EXPECT_EQ(a.body, "7\n");
      EXPECT_EQ(a.content_type, "text/x.tlog.size");
    }
  }
  EXPECT_EQ(ask(good).status, 200) << "none of these was remembered";
}

TEST_F(WitnessTest, AnotherRootOfTheSameSizeIsEvidence) {
  const Tree tree(20), other(20, 3);
  ASSERT_EQ(ask(tree.request(0, 7)).status, 200);
  const auto a = ask(other.request(7, 7));
  EXPECT_EQ(a.status, 409);
  ASSERT_TRUE(a.fork);
  EXPECT_TRUE(verify(*a.fork, test_place("").origin(), test_place("").public_key));
  EXPECT_EQ(ask(tree.request(7, 9)).status, 200);
}

// Whoever else uses the same memory, no two cosigned heads contradict each other.
TEST_F(WitnessTest, TwoProcessesShareOneMemory) {
  auto second = Witness::open(system_files(), folder / "witness", witness_key(), kSeed, clock).value();
  const Tree tree(50), other(50, 3);
  ASSERT_EQ(ask(tree.request(0, 10)).status, 200);
  EXPECT_EQ(second->add_checkpoint(other.request(0, 12), lookup()).status, 409);
  EXPECT_EQ(second->add_checkpoint(tree.request(10, 20), lookup()).status, 200);
  EXPECT_EQ(ask(tree.request(10, 15)).status, 409);
  EXPECT_EQ(ask(tree.request(20, 21)).status, 200);
  std::vector<std::thread> threads;
  std::atomic<int> agreed = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      Witness& w = t % 2 == 0 ? *witness : *second;
      const Tree& mine = t < 2 ? tree : other;
      for (int i = 0; i < 20; ++i)
        agreed += w.add_checkpoint(mine.request(21, 22 + static_cast<std::size_t>(i)), lookup()).status == 200;
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(agreed, 1) << "one of them came first; for all others 21 was the past";
}

// A cosignature that left is remembered, whenever the power goes; a failed write gives none.
TEST_F(WitnessTest, NoCosignatureLeavesBeforeItIsDurable) {
  const Tree tree(40), other(40, 1);
  for (std::uint64_t n = 1;; ++n) {
    const TemporaryFolder here;
    FaultyFileSystem files(system_files(), n);
    files.cut_power_after(n);
    std::size_t signed_size = 0;
    {
      auto w = Witness::open(files, here / "w", witness_key(), kSeed, clock);
      for (std::size_t size = 1; w && size <= 4; ++size) {
        if ((*w)->add_checkpoint(tree.request(size - 1, size), lookup()).status == 200) signed_size = size;
      }
    }
    const bool struck = files.struck();
    files.power_on();
    auto w = Witness::open(files, here / "w", witness_key(), kSeed, clock);
    ASSERT_TRUE(w) << files.struck_step() << ' ' << w.error().to_string();
    const auto last = (*w)->last_checkpoint(tree.origin).value();
    std::size_t remembered = 0;
    if (!last.empty()) remembered = open_checkpoint(last, tree.origin, test_place("").public_key)->size;
    EXPECT_GE(remembered, signed_size) << files.struck_step();
    if (remembered > 1) {
      EXPECT_NE((*w)->add_checkpoint(other.request(remembered, remembered + 1), lookup()).status, 200);
    }
    if (!struck) break;
  }
}

TEST_F(WitnessTest, ADamagedMemoryIsNoMemory) {
  const Tree tree(20);
  ASSERT_EQ(ask(tree.request(0, 7)).status, 200);
  ASSERT_EQ(ask(tree.request(7, 8)).status, 200);
  witness.reset();
  std::string memory = system_files().read(folder / "witness/memory", 1 << 20).value();
  memory[30] ^= 1;
  ASSERT_TRUE(system_files().write(folder / "witness/memory", memory));
  EXPECT_EQ(Witness::open(system_files(), folder / "witness", witness_key(), kSeed, clock).error().code,
            ErrorCode::kBadJournal);
}

}  // namespace
}  // namespace truce::record
