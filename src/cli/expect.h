// --digests and --expect-*, which triage and verify share.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "cli/options.h"

namespace limier::cli {

class DigestOptions {
 public:
  void declare(CLI::App& app) {
    app.add_option("--digests", list_,
                   "Digests of the media, as md5,sha1,sha256 (default: those stored\nor expected, and SHA-256; MD5 and "
                   "SHA-256 for raw images)")
        ->option_text("LIST")
        ->check(check_digest_list);
    app.add_option("--expect-md5", md5_, "MD5 from the custody record")->option_text("HEX")->check(check_digest<16>);
    app.add_option("--expect-sha1", sha1_, "SHA-1 from the custody record")
        ->option_text("HEX")
        ->check(check_digest<20>);
    app.add_option("--expect-sha256", sha256_, "SHA-256 from the custody record")
        ->option_text("HEX")
        ->check(check_digest<32>);
  }
  [[nodiscard]] std::optional<DigestSet> digests() const {
    if (list_.empty()) return std::nullopt;
    return parse_digest_list(list_);
  }
  [[nodiscard]] std::optional<Md5> md5() const { return parse_digest<16>(md5_); }
  [[nodiscard]] std::optional<Sha1> sha1() const { return parse_digest<20>(sha1_); }
  [[nodiscard]] std::optional<Sha256> sha256() const { return parse_digest<32>(sha256_); }

 private:
  std::string list_, md5_, sha1_, sha256_;
};

}  // namespace limier::cli
