// SPDX-License-Identifier: Apache-2.0

#include "truce/cmd/truce/command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <iterator>

#include "truce/base/decimal.h"
#include "truce/base/encoding.h"
#include "truce/base/unicode.h"
#include "truce/monitor/bodies.h"
#include "truce/record/statements.h"

namespace truce::cmd {
namespace {

// Characters as a terminal shows them, roughly: UTF-8 lead bytes without combining marks of the Latin, Cyrillic and
// Arabic blocks.
std::size_t display_width(std::string_view text) {
  std::size_t n = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c & 0xc0) == 0x80) continue;
    const bool combining =
        (c == 0xcc) || (c == 0xcd && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xb0);
    if (!combining) ++n;
  }
  return n;
}

// A code point that a terminal obeys instead of showing it: C0, DEL and C1, marks that turn the direction of a line,
// and separators that break it.
bool is_obeyed(std::uint32_t c) {
  constexpr std::uint32_t kSpace = 0x20, kDelete = 0x7f, kLastC1 = 0x9f;
  return c < kSpace || (c >= kDelete && c <= kLastC1) || c == 0x061c || c == 0x200e || c == 0x200f ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

// `text` with such code points, and bytes that are no UTF-8, written by `write(out, is_byte, value)`; '\n' only if
// `keeps_lines` is false.
template <typename Write>
std::string without_obeyed(std::string_view text, bool keeps_lines, const Write& write) {
  constexpr std::uint32_t kTail = 0x3f;
  std::string out;
  out.reserve(text.size());
  std::size_t bad = first_bad_utf8(text);
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (i == bad) {
      write(out, true, lead);
      ++i;
      bad = first_bad_utf8(text.substr(i));
      if (bad != std::string_view::npos) bad += i;
      continue;
    }
    const std::size_t n = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    std::uint32_t c = n == 1 ? lead : lead & (0x7fU >> n);
    for (std::size_t k = 1; k < n; ++k) c = (c << 6) | (static_cast<unsigned char>(text[i + k]) & kTail);
    if (is_obeyed(c) && !(keeps_lines && c == '\n')) {
      write(out, false, c);
    } else {
      out += text.substr(i, n);
    }
    i += n;
  }
  return out;
}

void write_escape(std::string& out, bool is_byte, std::uint32_t c) {
  constexpr std::uint32_t kAsciiEnd = 0x80;
  out += is_byte || c < kAsciiEnd ? fmt::format("\\x{:02x}", c) : fmt::format("\\u{:04x}", c);
}

Result<std::unique_ptr<node::Node>> open_for_people(const node::World& world, std::string folder) {
  TRUCE_TRY(auto node, node::Node::open(world, std::move(folder)));
  node->refuse_vain_words();
  return node;
}

}  // namespace

Result<std::unique_ptr<node::Node>> Context::open_node() const {
  const node::World world = node::system_world();
  if (!node_folder.empty()) {
    if (!world.files->exists(node_folder + "/mechanism.json")) {
      if (world.files->exists(node_folder + "/mechanism-draft.json")) {
        return fail(ErrorCode::kNotFound,
                    "only a draft is here, which founds nothing: it waits for the cards of the other parties",
                    node_folder);
      }
      return fail(ErrorCode::kNotFound, "no node here (mechanism.json is missing); make one with: truce init",
                  node_folder);
    }
    return open_for_people(world, node_folder);
  }
  std::unique_ptr<char, decltype(&std::free)> here(::getcwd(nullptr, 0), &std::free);
  if (!here) return fail(ErrorCode::kIo, "the current folder is gone");
  TRUCE_TRY(std::string folder, node::Node::find(world, here.get()));
  return open_for_people(world, std::move(folder));
}

Result<std::unique_ptr<node::Node>> Context::open_picture(node::Node::PictureFacts* facts,
                                                          const node::Node::PictureOptions& options) const {
  TRUCE_TRY(auto node, open_node());
  node::Node::PictureOptions with_bar = options;
  if (!with_bar.progress) with_bar.progress = progress_bar();
  TRUCE_TRY(node::Node::PictureFacts made, node->update_picture(with_bar));
  if (!made.notice.empty()) note(made.notice);
  if (facts != nullptr) *facts = std::move(made);
  return node;
}

int report_error(const Error& error) {
  note("truce: " + error.to_string());
  return error.code == ErrorCode::kInvalidArgument ? kWrongUse : kProblem;
}

std::function<int()> guarded(std::function<Result<int>()> body) {
  return [body = std::move(body)] {
    const auto status = body();
    return status ? status.value() : report_error(status.error());
  };
}

std::string printable(std::string_view text) {
  return without_obeyed(text, false, write_escape);
}

void print(std::string_view text) {
  static const bool is_terminal = ::isatty(STDOUT_FILENO) != 0;
  const std::string shown = is_terminal ? without_obeyed(text, true, write_escape) : std::string(text);
  std::fwrite(shown.data(), 1, shown.size(), stdout);
}

void print_line(std::string_view text) {
  const std::string line = printable(text) + "\n";
  std::fwrite(line.data(), 1, line.size(), stdout);
}

void note(std::string_view text) {
  std::fflush(stdout);
  std::string line = printable(text) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void print_json(const Json& json) {
  // The same values: such characters stand in strings only.
  print(without_obeyed(json.to_pretty(), true,
                       [](std::string& out, bool, std::uint32_t c) { out += fmt::format("\\u{:04x}", c); }));
}

Result<StatementId> state_voice(node::Node& node, const StatementId& on, const record::VoiceStatement& body,
                                bool consents) {
  TRUCE_TRY(const record::Envelope asked, node.envelope(on));
  TRUCE_TRY(const StatementRef to, node.reference(on));
  TRUCE_TRY(const auto writer, node.main_writer());
  TRUCE_TRY(const StatementRef said, writer->add({consents ? record::kConsentType : record::kObjectionType,
                                                  body.to_body(),
                                                  {{std::string(record::kRelationTo), to}},
                                                  {},
                                                  {}}));
  TRUCE_CHECK(writer->commit());
  if (consents) return said.id;
  const mechanism::Mechanism& m = node.mechanism();
  mechanism::Decision decision;
  if (asked.type == record::kAmendmentType) {
    const auto& all = node.roster().proposals();
    const auto p = std::ranges::find(all, on, &mechanism::Proposal::id);
    if (p == all.end() || p->mechanism.amends != node.roster().chain().links.back().document) return said.id;
    decision = mechanism::decide_amendment(m, *p);
  } else {
    TRUCE_TRY(const mechanism::Question question, node.roster().question(on));
    // The end of a map is decided like the map.
    const std::string_view subject = asked.type == monitor::kTypeWithdrawal ? monitor::kTypeZone : asked.type;
    decision = mechanism::decide(m, m.rule(subject), question, mechanism::deciding_instant(m, question.newest));
  }
  if (std::ranges::find(decision.too_late, node.me()) != decision.too_late.end())
    note("too late: this party's hours to object were over before this; it is shown, and refuses nothing");
  return said.id;
}

void print_table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const std::string& h : header) widths.push_back(display_width(h));
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i)
      widths[i] = std::max(widths[i], display_width(printable(row[i])));
  }
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string out;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string cell = printable(cells[i]);
      out += cell;
      if (i + 1 < cells.size()) out.append(widths[i] - display_width(cell) + 2, ' ');
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    print_line(out);
  };
  line(header);
  for (const auto& row : rows) line(row);
}

node::Progress progress_bar() {
  if (::isatty(STDERR_FILENO) == 0) return {};
  struct State {
    Instant begin = system_clock().now();
    std::int64_t last_ms = 0;
    bool shown = false;
    ~State() {
      if (shown) std::fputs("\r\x1b[K", stderr);
    }
  };
  return [state = std::make_shared<State>()](std::string_view what, std::uint64_t done, std::uint64_t all) {
    constexpr std::int64_t kQuietMs = 1000;
    constexpr std::int64_t kEveryMs = 100;
    const std::int64_t now = system_clock().now().ms;
    if (now - state->begin.ms < kQuietMs || now - state->last_ms < kEveryMs || all == 0) return;
    state->last_ms = now;
    state->shown = true;
    constexpr std::uint64_t kWidth = 30;
    const std::uint64_t filled = std::min(kWidth, done * kWidth / all);
    const std::string line =
        fmt::format("\r{} [{}{}] {}%\x1b[K", what, std::string(filled, '#'), std::string(kWidth - filled, '.'),
                    std::min<std::uint64_t>(100, done * 100 / all));
    std::fwrite(line.data(), 1, line.size(), stderr);
    std::fflush(stderr);
  };
}

Result<std::string> read_argument_file(const std::string& path, std::uint64_t limit_bytes) {
  if (path == "-") {
    std::string all((std::istreambuf_iterator<char>(std::cin)), std::istreambuf_iterator<char>());
    if (all.size() > limit_bytes)
      return fail(ErrorCode::kLimit, "longer than " + std::to_string(limit_bytes) + " bytes", "standard input");
    return all;
  }
  return node::system_world().files->read(path, limit_bytes);
}

Result<node::Card> read_card(const std::string& path, CardOf of) {
  TRUCE_TRY(const std::string bytes, read_argument_file(path, 1 << 20));
  auto card = node::Card::parse(bytes);
  if (!card) return fail(ErrorCode::kInvalidArgument, "is no public card: " + card.error().to_string(), path);
  if (card->desk.empty() && of == CardOf::kDesk)
    return fail(ErrorCode::kInvalidArgument, "is the card of a party, not of a desk", path);
  if (!card->desk.empty() && of == CardOf::kParty)
    return fail(ErrorCode::kInvalidArgument, "is the card of a desk, not of a party", path);
  return card;
}

Result<std::set<std::string>> other_parties(const node::Node& node, const std::vector<std::string>& ids) {
  for (const std::string& id : ids) {
    if (node.mechanism().party(id) == nullptr || id == node.me())
      return fail(ErrorCode::kInvalidArgument, "no other party of the mechanism", id);
  }
  return std::set<std::string>(ids.begin(), ids.end());
}

void tell_repair(const record::Log::Repair& repair) {
  if (repair.torn_bytes != 0) {
    note(fmt::format(
        "repaired: {} bytes of an interrupted append were cut off the journal; no acknowledged statement was lost",
        repair.torn_bytes));
  }
  if (repair.republished_entries != 0) {
    note(fmt::format("repaired: {} acknowledged statements had not reached the tiles and are published now",
                     repair.republished_entries));
  }
}

std::string degrees_text(std::int64_t lat_e7, std::int64_t lng_e7) {
  return decimal_to_string(lat_e7, 7) + " " + decimal_to_string(lng_e7, 7);
}

Result<monitor::Range> parse_range(const std::string& text) {
  const auto bad = [&] {
    return fail(ErrorCode::kInvalidArgument, quoted(text) + " is not a number, LOW-HIGH, or LOW,BEST,HIGH");
  };
  std::vector<std::int64_t> numbers;
  std::string part;
  char separator = '\0';
  for (const char c : text + std::string(1, '\0')) {
    if (c >= '0' && c <= '9') {
      part += c;
      continue;
    }
    const auto n = parse_integer(part);
    if (!n || n.value() > monitor::kCountMax) return bad();
    numbers.push_back(n.value());
    part.clear();
    if (c == '\0') break;
    if ((c != '-' && c != ',') || (separator != '\0' && separator != c)) return bad();
    separator = c;
  }
  monitor::Range r;
  if (numbers.size() == 1) {
    r = monitor::Range::of(numbers[0]);
  } else if (numbers.size() == 2 && separator == '-') {
    r = {numbers[0], (numbers[0] + numbers[1]) / 2, numbers[1]};
  } else if (numbers.size() == 3 && separator == ',') {
    r = {numbers[0], numbers[1], numbers[2]};
  } else {
    return bad();
  }
  if (r.low > r.best || r.best > r.high) return bad();
  return r;
}

Result<StatementId> parse_statement_argument(const std::string& text) {
  auto id = StatementId::parse(text);
  if (!id) return fail(ErrorCode::kInvalidArgument, "is not the name of a statement, party/log/number", text);
  return id;
}

Result<Date> parse_date_argument(const std::string& text, std::string_view option) {
  auto d = Date::parse(text);
  if (!d) return fail(ErrorCode::kInvalidArgument, d.error().message, std::string(option));
  return d;
}

Result<Instant> parse_time_argument(const std::string& text, const mechanism::Mechanism& mechanism,
                                    std::string_view option) {
  if (const auto date = Date::parse(text)) return mechanism.days.start_of(date.value());
  auto t = parse_instant(text);
  if (!t) return fail(ErrorCode::kInvalidArgument, t.error().message, std::string(option));
  return t;
}

}  // namespace truce::cmd
