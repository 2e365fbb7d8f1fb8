// `limier hashset make`: the files of an examined device that is known to be good become a set.
#include <fmt/format.h>

#include "limier/app.h"
#include "limier/hashset.h"

namespace limier::app {

Result<hashset::ImportReport> make_hash_set(const HashSetOptions& options, const std::atomic<int>& stop) {
  LIMIER_TRY(const auto index, store::Index::open(options.dir));
  std::string profile, outcome, exhibit;
  {
    LIMIER_TRY(auto run,
               index->query("SELECT profile, coalesce(outcome, 'broken off'), (SELECT exhibit FROM v_authority) "
                            "FROM v_run ORDER BY run_id DESC LIMIT 1"));
    if (run.step()) profile = run.text(0), outcome = run.text(1), exhibit = run.text(2);
    LIMIER_CHECK(run.status());
  }
  if (outcome != "finished")
    return Error{
        ErrorKind::kUsage,
        fmt::format("{}: its run did not come to an end ({}); finish it with --resume first", options.dir, outcome)};
  if (profile == "list")
    return Error{ErrorKind::kUsage,
                 fmt::format("{}: was made with --profile list, so its files have no digests", options.dir)};
  LIMIER_TRY(auto builder, hashset::Builder::create(options.to, {options.name, options.version, "examined device",
                                                                 options.kind, 256u << 20}));
  hashset::ImportReport report;
  // What is deleted, and what came into free space, is not the device as it was set up.
  LIMIER_TRY(auto files, index->query("SELECT sha256, content_state FROM v_file WHERE kind IN ('file', 'stream') AND "
                                      "allocated = 1 AND size > 0"));
  while (files.step()) {
    if (stop.load() != 0) return Error{ErrorKind::kInterrupted, "told to stop"};
    const auto sha256 = parse_digest<32>(files.text_view(0));
    if (files.text_view(1) != "complete" || !sha256) {
      ++report.left_out;
      continue;
    }
    ++report.rows;
    Digests digests;
    digests.sha256 = *sha256;
    LIMIER_CHECK(builder.add(digests));
  }
  LIMIER_CHECK(files.status());
  if (report.rows == 0)
    return Error{ErrorKind::kUsage,
                 fmt::format("{}: has no file whose content was read; no set was written", options.dir)};
  LIMIER_TRY(report.set, builder.finish(stop));
  return report;
}

}  // namespace limier::app
