// Result<T>: a value, or the one Error that ends the step. Damage in evidence is never an Error: it is an issue row.
#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace limier {

// What the caller can do about it; src/cli maps each kind to one exit code of the contract.
enum class ErrorKind {
  kUsage,        // 2: the command line or a configuration file is wrong
  kEvidence,     // 3: nothing can be examined: unreadable, unsupported or damaged beyond use
  kRefused,      // 6: no authority, output in the wrong place, index of other evidence, index in use
  kTemporary,    // 75: disk full and the like; run again into a new folder
  kInterrupted,  // 130/143: told to stop
  kInternal,     // 7: our bug, or a machine that cannot run us
};

struct Error {
  ErrorKind kind = ErrorKind::kInternal;
  std::string message;  // one sentence: what, where, what to do. May quote file names: sinks escape it.
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit on purpose
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit on purpose

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() {
    assert(ok());
    return std::get<0>(state_);
  }
  const T& value() const {
    assert(ok());
    return std::get<0>(state_);
  }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  Error& error() {
    assert(!ok());
    return std::get<1>(state_);
  }
  const Error& error() const {
    assert(!ok());
    return std::get<1>(state_);
  }

 private:
  std::variant<T, Error> state_;
};

struct Done {};
using Status = Result<Done>;
inline Status ok_status() {
  return Done{};
}

// LIMIER_TRY(auto image, open_image(job)) binds the value or returns the error; LIMIER_CHECK(step()) for a Status.
#define LIMIER_CONCAT_(a, b) a##b
#define LIMIER_CONCAT(a, b) LIMIER_CONCAT_(a, b)
// `decl` is a declaration and `temp` a name: neither can stand in parentheses.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define LIMIER_TRY_(temp, decl, expr)             \
  auto temp = (expr);                             \
  if (!temp.ok()) return std::move(temp.error()); \
  decl = std::move(temp.value())
// NOLINTEND(bugprone-macro-parentheses)
#define LIMIER_TRY(decl, expr) LIMIER_TRY_(LIMIER_CONCAT(limier_try_, __LINE__), decl, expr)
#define LIMIER_CHECK(expr)                                                                         \
  do {                                                                                             \
    if (auto limier_status = (expr); !limier_status.ok()) return std::move(limier_status.error()); \
  } while (false)

}  // namespace limier
