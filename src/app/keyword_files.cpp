#include "app/keyword_files.h"

#include <fmt/format.h>

#include "limier/app.h"
#include "limier/entities.h"

namespace limier::app {

Result<KeywordFiles> KeywordFiles::load(const std::vector<std::string>& paths,
                                        const std::vector<std::string>& digests) {
  KeywordFiles all;
  if (paths.empty()) return all;
  std::vector<std::string_view> reserved;
  for (std::uint8_t kind = 0; kind <= static_cast<std::uint8_t>(entities::Kind::kUrl); ++kind)
    reserved.push_back(entities::kind_word(static_cast<entities::Kind>(kind)));
  for (const std::string& path : paths) {
    LIMIER_TRY(const std::string bytes, read_file(path));
    LIMIER_TRY(all.files_.emplace_back(), keywords::parse(bytes, path, reserved, all.set_));
    const std::size_t number = all.files_.size() - 1;
    if (!digests.empty() && (number >= digests.size() || all.files_.back().sha256 != digests[number]))
      return Error{ErrorKind::kUsage,
                   fmt::format("{}: is not the keyword file that was planned with; plan again", path)};
  }
  all.set_.engine = keywords::engines().best;
  LIMIER_TRY(all.matcher_, keywords::Matcher::compile(all.set_, paths));
  all.set_.compiled = all.matcher_->kept();
  return all;
}

store::KeywordsOfRun KeywordFiles::of_run() const {
  store::KeywordsOfRun run;
  run.matcher = matcher_;
  for (const keywords::Keyword& keyword : set_.keywords) {
    catalog::KeywordUsed& used = run.used.emplace_back();
    used.pattern = keyword.pattern;
    used.form = keyword.expression ? catalog::KeywordForm::kExpression : catalog::KeywordForm::kLiteral;
    used.kind = keyword.kind;
    used.options = keywords::options_of(keyword);
    used.file_name = files_[keyword.file].name;
    used.line = keyword.line;
    used.file_sha256 = files_[keyword.file].sha256;
    run.places.push_back(keyword.places);
  }
  return run;
}

std::vector<std::string> KeywordFiles::digests() const {
  std::vector<std::string> digests;
  for (const keywords::File& file : files_) digests.push_back(file.sha256);
  return digests;
}

std::string KeywordFiles::key() const {
  std::string key;
  for (const keywords::File& file : files_) key += (key.empty() ? "" : "; ") + file.sha256;
  return key;
}

std::string KeywordFiles::engine() const {
  if (empty()) return "";
  const auto& engines = keywords::engines();
  if (set_.engine == keywords::Engine::kHyperscan) return "hyperscan " + engines.hyperscan;
  return engines.hyperscan_fails ? "re2 (hyperscan " + engines.hyperscan + " fails its self-test)" : "re2";
}

Result<std::vector<std::string>> keyword_file_digests(const std::vector<std::string>& paths) {
  LIMIER_TRY(const KeywordFiles files, KeywordFiles::load(paths));
  return files.digests();
}

Result<keywords::Set> keywords_of(store::Index& index) {
  keywords::Set set;
  // An index of an earlier version has none.
  auto rows = index.query("SELECT pattern, form, kind, options FROM v_keyword ORDER BY keyword_id");
  if (!rows) return set;
  // As a file of them would say it.
  std::string file;
  while (rows->step()) {
    const bool literal = rows->text(1) == catalog::kKeywordFormWords[0];
    const char quote = literal ? '"' : '/';
    file += quote;
    for (const char c : rows->text(0)) {
      if (c == quote || (literal && c == '\\')) file += '\\';
      file += c;
    }
    file += fmt::format("{} kind={} {}\n", quote, rows->text(2), rows->text(3));
  }
  LIMIER_CHECK(rows->status());
  if (file.empty()) return set;
  LIMIER_TRY(const auto parsed, keywords::parse(file, "v_keyword", {}, set));
  (void)parsed;
  set.engine = keywords::engines().best;
  return set;
}

AuditLog::Fields KeywordFiles::fields() const {
  AuditLog::Fields fields{{"engine", engine()}};
  for (const keywords::File& file : files_)
    fields.emplace_back(fmt::format("file_{}", fields.size()),
                        fmt::format("{}: {} keywords, SHA-256 {}", file.name, file.entries, file.sha256));
  return fields;
}

}  // namespace limier::app
