// SPDX-License-Identifier: Apache-2.0

#include "truce/sim/trees.h"

#include <algorithm>
#include <string>

namespace truce::sim {
namespace {

Hash pair_hash(const Hash& left, const Hash& right) {
  std::string bytes(1, '\x01');
  bytes += left.view();
  bytes += right.view();
  return sha256(bytes);
}

}  // namespace

Tree::Tree() : roots_{sha256("")} {}

void Tree::append(const Hash& leaf) {
  leaves_.push_back(leaf);
  push(leaf);
  Hash root = edge_.back().second;
  for (std::size_t i = edge_.size() - 1; i-- > 0;) root = pair_hash(edge_[i].second, root);
  roots_.push_back(root);
}

void Tree::push(const Hash& leaf) {
  std::uint64_t width = 1;
  Hash hash = leaf;
  for (; !edge_.empty() && edge_.back().first == width; edge_.pop_back()) {
    hash = pair_hash(edge_.back().second, hash);
    width *= 2;
  }
  edge_.emplace_back(width, hash);
}

void Tree::cut(std::uint64_t size) {
  leaves_.resize(static_cast<std::size_t>(size));
  roots_.resize(static_cast<std::size_t>(size) + 1);
  edge_.clear();
  for (const Hash& leaf : leaves_) push(leaf);
}

// A perfect subtree. From the root at its end where it begins the tree, else from its halves.
Hash Tree::over(std::uint64_t begin, std::uint64_t end) const {
  if (end - begin == 1) return leaves_[begin];
  if (begin == 0 && end < roots_.size()) return roots_[end];
  const std::uint64_t middle = begin + (end - begin) / 2;
  return pair_hash(over(begin, middle), over(middle, end));
}

record::NodeReader Tree::nodes() const {
  return [this](int level, std::uint64_t index) -> Result<Hash> {
    const std::uint64_t width = std::uint64_t{1} << level;
    if ((index + 1) * width > leaves_.size()) return fail(ErrorCode::kInvalidArgument, "beyond the tree");
    return over(index * width, (index + 1) * width);
  };
}

void TreeBook::add(const LogId& log, const Tree& tree) {
  if (tree.size() == 0) return;
  std::vector<Tree>& all = trees_[log];
  for (Tree& t : all) {
    if (t.size() <= tree.size() && tree.root(t.size()) == t.root(t.size())) {
      if (t.size() != tree.size()) t = tree;
      return;
    }
    if (t.size() > tree.size() && t.root(tree.size()) == tree.root(tree.size())) return;
  }
  all.push_back(tree);
}

void TreeBook::cut(const LogId& log, std::uint64_t size) {
  std::vector<Tree> before;
  before.swap(trees_[log]);
  for (Tree& t : before) {
    if (t.size() > size) t.cut(size);
    add(log, t);
  }
}

const Tree* TreeBook::find(const LogId& log, std::uint64_t size, const Hash& root) const {
  const auto it = trees_.find(log);
  if (it == trees_.end()) return nullptr;
  for (const Tree& t : it->second) {
    if (t.size() >= size && t.root(size) == root) return &t;
  }
  return nullptr;
}

std::optional<bool> TreeBook::excludes(const LogId& log, std::uint64_t size_a, const Hash& a, std::uint64_t size_b,
                                       const Hash& b) const {
  if (size_a == size_b) return a != b;
  const bool a_first = size_a < size_b;
  const Tree* tree = a_first ? find(log, size_b, b) : find(log, size_a, a);
  if (tree == nullptr) return std::nullopt;
  return a_first ? tree->root(size_a) != a : tree->root(size_b) != b;
}

bool TreeBook::is_forked(const LogId& log) const {
  const auto it = trees_.find(log);
  return it != trees_.end() && it->second.size() > 1;
}

}  // namespace truce::sim
