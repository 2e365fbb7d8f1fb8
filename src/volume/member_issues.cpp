#include "volume/member_issues.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace limier::volume {

namespace {

constexpr std::size_t kMaxLinks = 100'000;
constexpr int kMaxHops = 40;  // as Linux follows them
constexpr std::size_t kMaxPath = 64u << 10;

// FNV-1a.
std::uint64_t hash_of(std::string_view text, bool fold) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(fold && c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    hash = (hash ^ byte) * 0x100000001b3u;
  }
  return hash;
}

// Where a link in `path` leads to, by the words alone.
std::string target_of(std::string_view path, std::string_view target) {
  std::vector<std::string_view> parts;
  const auto walk = [&](std::string_view text) {
    for (std::size_t at = 0; at <= text.size();) {
      const std::size_t end = std::min(text.find('/', at), text.size());
      const std::string_view part = text.substr(at, end - at);
      at = end + 1;
      if (part == ".." && !parts.empty()) parts.pop_back();
      if (!part.empty() && part != "." && part != "..") parts.push_back(part);
    }
  };
  if (!target.starts_with('/')) walk(path.substr(0, path.rfind('/')));
  walk(target);
  std::string out;
  for (const std::string_view part : parts) out.append("/").append(part);
  return out.empty() ? "/" : out;
}

}  // namespace

void MemberIssues::add(std::string_view code, catalog::Severity severity, std::uint64_t inode, std::string_view message,
                       bool incomplete) {
  auto at = kinds_.find(code);
  if (at == kinds_.end()) at = kinds_.emplace(std::string(code), Rest{}).first;
  Rest& rest = at->second;
  rest.severity = severity;
  rest.incomplete = rest.incomplete || incomplete;
  if (++rest.count > kMaxOfAKind || !told_.ok()) return;
  told_ = walk_.issue(std::string(code), severity, inode, std::string(message), incomplete);
}

void MemberIssues::add_names(std::uint64_t inode, NameMarks marks) {
  for (unsigned bit = 0; marks >> bit != 0; ++bit) {
    if ((marks >> bit & 1) == 0) continue;
    const auto [code, message] = words_of(static_cast<NameMark>(bit));
    add(code, catalog::Severity::kInfo, inode, message, false);
  }
}

Status MemberIssues::report() {
  LIMIER_CHECK(Status(told_));
  for (const auto& [code, rest] : kinds_)
    if (rest.count > kMaxOfAKind)
      LIMIER_CHECK(walk_.issue(code, rest.severity, std::nullopt,
                               fmt::format("the same of {} more members", rest.count - kMaxOfAKind), rest.incomplete));
  return ok_status();
}

void MemberAlikes::add(std::string_view path, std::uint64_t inode) {
  paths_.push_back({hash_of(path, true), hash_of(path, false), inode});
}

void MemberAlikes::add_link(std::string_view path, std::uint64_t inode, std::string target) {
  if (links_.size() < kMaxLinks && !target.empty()) links_.push_back({std::string(path), std::move(target), inode});
}

void MemberAlikes::report(MemberIssues& issues) {
  std::ranges::sort(paths_, [](const Path& a, const Path& b) {
    return std::tie(a.folded, a.exact, a.inode) < std::tie(b.folded, b.exact, b.inode);
  });
  for (std::size_t first = 0; first < paths_.size();) {
    std::size_t last = first;
    while (last < paths_.size() && paths_[last].folded == paths_[first].folded) ++last;
    const bool twins = last > first && paths_[last - 1].exact != paths_[first].exact;
    for (std::size_t i = first; i < last; ++i) {
      const bool again = (i > first && paths_[i - 1].exact == paths_[i].exact) ||
                         (i + 1 < last && paths_[i + 1].exact == paths_[i].exact);
      if (again)
        issues.add("duplicate-name", catalog::Severity::kInfo, paths_[i].inode, "another member has the same name",
                   false);
      if (twins)
        issues.add("case-twin", catalog::Severity::kInfo, paths_[i].inode,
                   "the name of another member differs from its own in the case of letters alone", false);
    }
    first = last;
  }
  report_links(issues);
}

void MemberAlikes::report_links(MemberIssues& issues) const {
  std::map<std::string_view, std::string_view> to;
  for (const Link& link : links_) to.emplace(link.path, link.target);
  for (const Link& link : links_) {
    std::string at = link.path;
    int hops = 0;
    for (; hops < kMaxHops && at.size() < kMaxPath; ++hops) {
      // The first part of the path that is a link leads elsewhere.
      std::size_t end = at.find('/', 1);
      while (end != std::string::npos && !to.contains(std::string_view(at).substr(0, end))) end = at.find('/', end + 1);
      const std::string head = at.substr(0, end);
      const auto next = to.find(head);
      if (next == to.end()) break;
      at = target_of(head, next->second) + (end == std::string::npos ? "" : at.substr(end));
    }
    if (at.size() >= kMaxPath) hops = kMaxHops;
    if (hops == kMaxHops)
      issues.add("link-loop", catalog::Severity::kInfo, link.inode, "the link leads back to itself", false);
  }
}

}  // namespace limier::volume
