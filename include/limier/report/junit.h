// JUnit XML for CI systems: one suite for each exhibit, four checks in each: integrity, coverage, completeness and
// findings, and one more for each finding that fails. Part of the room report; no clock, host or path of the examiner's
// machine is in it.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace limier::report {

struct JunitSuite {
  std::string name;       // exhibit number, or the name of the image
  std::string not_there;  // why there is no result: every check is an error then; "" when there is one
  std::string verdict;    // v_evidence.verdict, "" when the media were not read
  std::string done;       // work_done()
  bool mismatch = false, damaged = false, incomplete = false, nothing_examined = false;
  std::uint64_t media_bytes = 0;
  std::uint64_t covered_bytes = 0;  // sum over v_coverage
  std::uint64_t unreadable_bytes = 0, encrypted_bytes = 0;
  std::uint64_t bad_ranges = 0, bad_bytes = 0;
  struct Gap {
    std::string what, reason;
    std::uint64_t bytes = 0, items = 0;
  };
  std::vector<Gap> not_examined;
  std::array<std::uint64_t, 5> findings{};  // live-in-danger, high, medium, low, info
  bool rules = false;                       // there was something to judge: no finding is a result
  std::string fail_on;                      // findings from here on fail; "": none does
  // Each of those, gravest first: a check of its own. Where only `findings` are known, one check stands for all.
  struct Finding {
    std::string priority, title, key, reason, path;
  };
  std::vector<Finding> above;
};

// The whole document, suites in the order given.
std::string junit_document(std::span<const JunitSuite> suites);

}  // namespace limier::report
