#include "rules/functions.h"

#include <fmt/format.h>

#include <stdexcept>

#include "rules/lexicon.h"
#include "rules/numbers.h"

namespace limier::rules {
namespace {

using store::Cell;
using store::Value;

const Pack* find_pack(const RuleSet& set, std::string_view id) {
  for (const Pack& pack : set.packs())
    if (pack.id == id) return &pack;
  return nullptr;
}

// The door makes an exception the statement's error.
const Lexicon& lexicon_named(const RuleSet& set, const Cell& name) {
  const Pack* const pack = find_pack(set, name.bytes);
  if (pack == nullptr) throw std::invalid_argument(fmt::format("there is no lexicon '{}'", name.bytes));
  return *pack->lexicon;
}

Value text_or_null(std::string text) {
  return text.empty() ? Value() : Value(std::move(text));
}

// 'killing ("vermoord"); weapon ("mes", "pistool")': classes with a title, in the pack's order.
std::string reasons(const Lexicon& lexicon, std::string_view criteria) {
  std::string text;
  for (const ClassInfo& one : lexicon.classes()) {
    if (one.title.empty()) continue;
    const ClassText found = class_in(criteria, one.id);
    if (found.weight <= 0) continue;
    std::string words(found.words);
    for (std::size_t at = words.find('|'); at != std::string::npos; at = words.find('|', at))
      words.replace(at, 1, "\", \"");
    text += fmt::format("{}{} (\"{}\")", text.empty() ? "" : "; ", one.title, words);
  }
  return text;
}

// A function of one text; NULL for what is no text.
Status add_text_function(store::RuleDoor& door, std::string name, std::string (*call)(std::string_view)) {
  return door.add_function({std::move(name), 1, [call](std::span<const Cell> cells) -> Value {
                              if (cells[0].kind != Cell::Kind::kBytes) return {};
                              return text_or_null(call(cells[0].bytes));
                            }});
}

}  // namespace

Status add_functions(const RuleSet& set, store::RuleDoor& door, std::optional<std::int64_t> last_activity_ns) {
  const RuleSet* const rules = &set;
  LIMIER_CHECK(door.add_function({"criteria", 2, [rules](std::span<const Cell> cells) -> Value {
                                    const Lexicon& lexicon = lexicon_named(*rules, cells[1]);
                                    if (cells[0].kind != Cell::Kind::kBytes) return {};
                                    return text_or_null(criteria_text(lexicon, lexicon.criteria(cells[0].bytes)));
                                  }}));
  LIMIER_CHECK(door.add_function({"weight", 2, [](std::span<const Cell> cells) -> Value {
                                    return class_in(cells[0].bytes, cells[1].bytes).weight;
                                  }}));
  LIMIER_CHECK(door.add_function({"reasons", 2, [rules](std::span<const Cell> cells) -> Value {
                                    return text_or_null(reasons(lexicon_named(*rules, cells[1]), cells[0].bytes));
                                  }}));
  LIMIER_CHECK(door.add_function({"language", 2, [rules](std::span<const Cell> cells) -> Value {
                                    const Lexicon& lexicon = lexicon_named(*rules, cells[1]);
                                    return text_or_null(std::string(lexicon.language(cells[0].bytes)));
                                  }}));
  LIMIER_CHECK(add_text_function(door, "container_numbers", container_numbers));
  LIMIER_CHECK(add_text_function(door, "ibans", ibans));
  LIMIER_CHECK(add_text_function(door, "wallets", wallets));
  LIMIER_CHECK(door.add_function({"largest_amount", 1, [](std::span<const Cell> cells) -> Value {
                                    if (cells[0].kind != Cell::Kind::kBytes) return {};
                                    const double amount = largest_amount(cells[0].bytes);
                                    return amount > 0 ? Value(amount) : Value();
                                  }}));
  return door.add_function({"last_activity", 0, [last_activity_ns](std::span<const Cell>) -> Value {
                              return last_activity_ns ? Value(*last_activity_ns) : Value();
                            }});
}

}  // namespace limier::rules
