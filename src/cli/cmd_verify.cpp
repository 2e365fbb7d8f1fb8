#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/command.h"
#include "cli/describe.h"
#include "cli/expect.h"
#include "cli/progress.h"

namespace limier::cli {
namespace {

constexpr std::string_view kAcquisitionError = "acquisition-error";

// One digest: as computed, and what it is compared with.
struct Comparison {
  std::string_view name, key;
  std::string computed, stored, expected;
  [[nodiscard]] bool given() const { return !stored.empty() || !expected.empty(); }
  [[nodiscard]] bool differs() const {
    return !computed.empty() &&
           ((!stored.empty() && stored != computed) || (!expected.empty() && expected != computed));
  }
};

std::vector<Comparison> comparisons(const app::VerifyReport& report) {
  return {
      {"MD5", "md5", digest_or_empty(report.computed.md5), digest_or_empty(report.container.stored_md5),
       digest_or_empty(report.expected_md5)},
      {"SHA-1", "sha1", digest_or_empty(report.computed.sha1), digest_or_empty(report.container.stored_sha1),
       digest_or_empty(report.expected_sha1)},
      {"SHA-256", "sha256", digest_or_empty(report.computed.sha256), digest_or_empty(report.container.stored_sha256),
       digest_or_empty(report.expected_sha256)},
  };
}

bool only_acquisition_errors(const app::VerifyReport& report) {
  return std::all_of(report.bad_ranges.begin(), report.bad_ranges.end(),
                     [](const auto& range) { return range.reason == kAcquisitionError; });
}

int exit_code(const app::VerifyReport& report) {
  if (report.digest_mismatch || report.chunk_checksum_bad || report.image_short || !only_acquisition_errors(report))
    return kExitMismatch;
  return report.bad_ranges.empty() ? kExitGood : kExitPartly;
}

std::string_view verdict_sentence(store::Verdict verdict) {
  switch (verdict) {
    case store::Verdict::kVerified:
      return "the digest of the media equals the one stored or expected";
    case store::Verdict::kMismatch:
      return "a digest of the media differs from the one stored or expected";
    case store::Verdict::kNoStoredDigest:
      return "there is no stored or expected digest to compare with";
    case store::Verdict::kDamaged:
      return "parts of the image are damaged";
    case store::Verdict::kIncomplete:
      return "parts of the image are missing";
  }
  return "";
}

class VerifyCommand final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("IMAGE", options_.image.image, "First segment of the image")->required()->option_text(" ");
    expect_.declare(app);
    app.add_flag("--incomplete", options_.image.incomplete, "Go on with the segments that are there");
    add_sector_size(app, options_.image.sector_bytes);
  }

  int run(const Context& context) override {
    options_.image.sandbox = !context.common.no_sandbox;
    options_.image.stall_seconds = context.common.stall_seconds;
    options_.image.jobs = context.common.jobs;
    options_.image.memory_bytes = context.memory_bytes();
    options_.digests = expect_.digests();
    options_.expect_md5 = expect_.md5();
    options_.expect_sha1 = expect_.sha1();
    options_.expect_sha256 = expect_.sha256();
    auto progress = make_progress(context.common.progress, context.common.quiet, STDERR_FILENO);
    const auto report = app::verify(options_, *progress, context.stop);
    progress.reset();
    if (!report) return context.fail(report.error());
    if (context.common.json)
      print_json(context, *report);
    else
      print_text(context, *report);
    return exit_code(*report);
  }

 private:
  static void print_text(const Context& context, const app::VerifyReport& report) {
    Output& out = context.out;
    const Style& style = context.style;
    Facts facts;
    add_container_facts(facts, report.path, report.container);
    if (!report.jail.empty()) facts.add("jail", style.warn(report.jail));
    facts.print(out, style, "");

    out.write(fmt::format("\n{}\n", style.bold("Digests of the media")));
    for (const Comparison& one : comparisons(report)) print_comparison(context, one);

    out.write(fmt::format("\n{}\n", style.bold("Integrity")));
    const auto yes_no = [&](bool bad, std::string_view when_bad, std::string_view when_good) {
      return bad ? style.bad(when_bad) : style.good(when_good);
    };
    const auto compared = comparisons(report);
    const bool any = std::any_of(compared.begin(), compared.end(),
                                 [](const auto& one) { return one.given() && !one.computed.empty(); });
    Facts integrity;
    integrity.add("chunk checksums", chunk_word(style, report));
    integrity.add("digests",
                  any ? yes_no(report.digest_mismatch, "digest mismatch", "equal") : "nothing to compare with");
    integrity.add("length", yes_no(report.image_short, "image short", "whole"));
    integrity.print(out, style, "  ");

    if (!report.bad_ranges.empty()) {
      out.write(fmt::format("\n{}\n", style.bold(plural(report.bad_ranges.size(), "damaged range", "damaged ranges"))));
      print_ranges(out, style, report.bad_ranges, report.container.sector_size);
    }
    for (const auto& issue : report.container.issues) out.write(fmt::format("\n{}\n", terminal_text(issue.message)));
    out.write(fmt::format("\nVerdict: {}: {}.\n", style.bold(store::verdict_name(report.verdict)),
                          verdict_sentence(report.verdict)));
  }

  static std::string chunk_word(const Style& style, const app::VerifyReport& report) {
    const bool raw = evidence::is_plain(report.container.format);
    if (report.chunk_checksum_bad) return style.bad("chunk checksum bad");
    if (evidence::is_extraction(report.container.format)) return "those of members are checked by triage";
    return raw ? "none in a raw image" : style.good("good");
  }

  static void print_comparison(const Context& context, const Comparison& one) {
    if (one.computed.empty() && !one.given()) return;
    const Style& style = context.style;
    const auto line = [&](std::string_view what, const std::string& value, const std::string& word) {
      context.out.write(fmt::format("  {}  {}  {}{}{}\n", pad_right(one.name, 7), style.dim(pad_right(what, 8)), value,
                                    word.empty() ? "" : "  ", word));
    };
    const auto judged = [&](const std::string& other) {
      if (one.computed.empty()) return std::string("not compared");
      return other == one.computed ? style.good("equal") : style.bad("DIFFERS");
    };
    line("computed", one.computed.empty() ? "not computed" : one.computed, "");
    if (!one.stored.empty()) line("stored", one.stored, judged(one.stored));
    if (!one.expected.empty()) line("expected", one.expected, judged(one.expected));
  }

  static void print_json(const Context& context, const app::VerifyReport& report) {
    JsonWriter json(context.out, 2);
    json.begin_object().evidence("path", report.path);
    write_container(json, report.container);
    json.text("verdict", store::verdict_name(report.verdict)).key("exit_code").integer(exit_code(report));
    json.boolean("digest_mismatch", report.digest_mismatch).boolean("chunk_checksum_bad", report.chunk_checksum_bad);
    json.boolean("image_short", report.image_short).text_or_null("jail", report.jail).key("digests").begin_object();
    for (const Comparison& one : comparisons(report)) {
      json.key(one.key).begin_object().text_or_null("computed", one.computed).text_or_null("stored", one.stored);
      json.text_or_null("expected", one.expected).key("equal");
      if (one.computed.empty() || !one.given())
        json.null();
      else
        json.boolean(!one.differs());
      json.end();
    }
    json.end().key("bad_ranges");
    write_ranges(json, report.bad_ranges, report.container.sector_size);
    json.key("issues");
    write_issues(json, report.container, {});
    json.number("chunks_decoded", report.stats.chunks_decoded).finish();
  }

  app::VerifyOptions options_;
  DigestOptions expect_;
};

}  // namespace

std::unique_ptr<Command> make_verify() {
  return std::make_unique<VerifyCommand>();
}

}  // namespace limier::cli
