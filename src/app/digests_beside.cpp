#include "app/digests_beside.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>

namespace limier::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxText = 1u << 20;
constexpr std::size_t kMaxUfds = 64;

std::string_view without_blanks(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view without_folder(std::string_view path) {
  return path.substr(path.find_last_of("/\\") + 1);
}

// Of an algorithm, told by the length.
bool take(std::string_view hex, Digests& out) {
  if (const auto sha256 = parse_digest<32>(hex)) return out.sha256 = sha256, true;
  if (const auto sha1 = parse_digest<20>(hex)) return out.sha1 = sha1, true;
  if (const auto md5 = parse_digest<16>(hex)) return out.md5 = md5, true;
  return false;
}

template <class Line>
void each_line_of(std::string_view text, const Line& line) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    line(without_blanks(text.substr(0, end)));
    text.remove_prefix(std::min(text.size(), end + 1));
  }
}

std::string read_text(const fs::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | O_NOATIME));
  if (!fd) fd = UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  std::error_code ignored;
  if (!fd || !fs::is_regular_file(path, ignored)) return {};
  std::string text(kMaxText, '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t got = ::pread(fd.get(), text.data() + done, text.size() - done, static_cast<off_t>(done));
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  text.resize(done);
  return text;
}

bool has_ending(const std::string& name, std::string_view ending) {
  return name.size() > ending.size() &&
         std::equal(ending.begin(), ending.end(), name.end() - static_cast<std::ptrdiff_t>(ending.size()),
                    [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b - 'A' + 'a' : b); });
}

std::set<fs::path> ufds_in(const fs::path& folder) {
  std::set<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end && found.size() < kMaxUfds;
       at.increment(error))
    if (has_ending(at->path().filename().string(), ".ufd")) found.insert(at->path());
  return found;
}

}  // namespace

Digests digests_in_sums(std::string_view text, std::string_view name) {
  Digests out;
  std::size_t lines = 0;
  std::string_view only;
  each_line_of(text, [&](std::string_view line) {
    if (line.empty() || line.starts_with('#') || line.starts_with(';')) return;
    ++lines;
    only = line;
    if (const std::size_t open = line.find(" ("), close = line.rfind(") = ");
        open != std::string_view::npos && close != std::string_view::npos && close > open) {
      if (without_folder(line.substr(open + 2, close - open - 2)) == name) take(line.substr(close + 4), out);
      return;
    }
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos || space + 2 > line.size()) return;
    const bool marked = line[space + 1] == ' ' || line[space + 1] == '*';
    if (without_folder(line.substr(space + (marked ? 2 : 1))) == name) take(line.substr(0, space), out);
  });
  if (lines == 1 && only.find(' ') == std::string_view::npos) take(only, out);
  return out;
}

Digests digests_in_ufd(std::string_view text, std::string_view name) {
  Digests out;
  std::string section;
  each_line_of(text, [&](std::string_view line) {
    if (line.starts_with('[') && line.ends_with(']')) {
      section = std::string(line.substr(1, line.size() - 2));
      return;
    }
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || without_blanks(line.substr(0, equals)) != name) return;
    const std::string_view hex = without_blanks(line.substr(equals + 1));
    if (section == "MD5") out.md5 = parse_digest<16>(hex);
    if (section == "SHA1") out.sha1 = parse_digest<20>(hex);
    if (section == "SHA256") out.sha256 = parse_digest<32>(hex);
  });
  return out;
}

void add_digests_beside(const EvidenceSet& evidence, sweep::ContainerMessage& container) {
  if (evidence.paths.size() != 1) return;
  const fs::path path(evidence.paths.front());
  const std::string name = path.filename().string();
  const auto add = [&](const fs::path& file, const Digests& found) {
    if (!found.md5 && !found.sha1 && !found.sha256) return;
    if (!container.stored_md5) container.stored_md5 = found.md5;
    if (!container.stored_sha1) container.stored_sha1 = found.sha1;
    if (!container.stored_sha256) container.stored_sha256 = found.sha256;
    container.header_names.emplace_back("digest_file");
    container.header_values.push_back(file.filename().string());
  };
  for (const std::string_view ending : {".sha256", ".sha1", ".md5"})
    for (const fs::path& file : {fs::path(path.string() + std::string(ending)),
                                 path.parent_path() / (path.stem().string() + std::string(ending))})
      add(file, digests_in_sums(read_text(file), name));
  for (const fs::path& file : ufds_in(path.parent_path().empty() ? fs::path(".") : path.parent_path()))
    add(file, digests_in_ufd(read_text(file), name));
}

}  // namespace limier::app
