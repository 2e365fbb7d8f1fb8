// Hyperscan, where it was found when limier was built: it is made for amd64 alone. Nothing here throws but bad_alloc.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "limier/base/bytes.h"

namespace limier::keywords {

struct Expression {
  std::string text;
  bool caseless = false;  // of ASCII alone
  std::string literal;    // the bytes themselves, where it is nothing more
};
// Where a match of an expression ends.
struct Ending {
  std::uint32_t expression = 0;
  std::size_t end = 0;
};

class Hyperscan {
 public:
  struct Problem {
    std::optional<std::size_t> expression;  // that cannot be compiled
    std::string why;
  };
  // nullptr with a problem.
  static std::unique_ptr<Hyperscan> compile(std::span<const Expression> expressions, Problem& problem);
  // What kept() gave in another process on this machine; nullptr: it cannot be used.
  static std::unique_ptr<Hyperscan> take(Bytes kept);
  virtual ~Hyperscan() = default;
  [[nodiscard]] virtual std::vector<std::uint8_t> kept() const = 0;
  // Every end of every match, by several threads at once. False: it failed.
  virtual bool scan(Bytes bytes, std::vector<Ending>& endings) const = 0;
};
std::string hyperscan_version();  // "" when it was not built in
// Compiles and searches what is known to be missed by libraries that go by the same name.
bool hyperscan_passes_self_test();

}  // namespace limier::keywords
