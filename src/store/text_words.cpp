// Source: https://www.sqlite.org/fts5.html, 7 (Extending FTS5).
#include "store/text_words.h"

#include <array>

#include "store/db.h"

namespace limier::store {

struct TextWords::Impl {
  Database db;  // in memory; only lends its tokenizer
  fts5_tokenizer methods{};
  Fts5Tokenizer* tokenizer = nullptr;
  std::string letters;
  std::vector<TextWord> words;
  std::vector<std::size_t> at;  // of each word in `letters`, which moves while it grows

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    if (tokenizer != nullptr) methods.xDelete(tokenizer);
  }
};

TextWords::TextWords(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TextWords::TextWords(TextWords&&) noexcept = default;
TextWords& TextWords::operator=(TextWords&&) noexcept = default;
TextWords::~TextWords() = default;

Result<TextWords> TextWords::make() {
  const Error none{ErrorKind::kInternal, "SQLite has no full-text search"};
  auto impl = std::make_unique<Impl>();
  LIMIER_TRY(impl->db, Database::open(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  fts5_api* api = nullptr;
  LIMIER_TRY(auto query, impl->db.prepare("SELECT fts5(?1)"));
  sqlite3_bind_pointer(query.get(), 1, static_cast<void*>(&api), "fts5_api_ptr", nullptr);
  LIMIER_TRY([[maybe_unused]] const bool row, query.step());
  if (api == nullptr) return none;
  void* data = nullptr;
  std::array<const char*, 2> options{"remove_diacritics", "2"};
  if (api->xFindTokenizer(api, "unicode61", &data, &impl->methods) != SQLITE_OK ||
      impl->methods.xCreate(data, options.data(), static_cast<int>(options.size()), &impl->tokenizer) != SQLITE_OK)
    return none;
  return TextWords(std::move(impl));
}

Result<const std::vector<TextWord>*> TextWords::split(std::string_view text) {
  impl_->letters.clear();
  impl_->words.clear();
  impl_->at.clear();
  const auto take = [](void* context, int /*flags*/, const char* token, int size, int begin, int end) {
    auto& impl = *static_cast<Impl*>(context);
    impl.at.push_back(impl.letters.size());
    impl.letters.append(token, static_cast<std::size_t>(size));
    impl.words.push_back({{}, static_cast<std::size_t>(begin), static_cast<std::size_t>(end)});
    return SQLITE_OK;
  };
  if (impl_->methods.xTokenize(impl_->tokenizer, impl_.get(), FTS5_TOKENIZE_DOCUMENT, text.data(),
                               static_cast<int>(text.size()), take) != SQLITE_OK)
    return Error{ErrorKind::kInternal, "a text could not be taken apart into words"};
  impl_->at.push_back(impl_->letters.size());
  for (std::size_t i = 0; i < impl_->words.size(); ++i)
    impl_->words[i].folded = std::string_view(impl_->letters).substr(impl_->at[i], impl_->at[i + 1] - impl_->at[i]);
  return &impl_->words;
}

}  // namespace limier::store
