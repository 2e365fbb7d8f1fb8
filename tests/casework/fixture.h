// A folder, and runs made of numbers, for the tests of this room.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "casework/run_format.h"

namespace limier::casework::testing {

using Key = std::array<std::uint8_t, kKeyBytes>;

inline Key key_of(std::uint64_t number) {
  const std::string text = std::to_string(number);
  return *digest_of(as_bytes(text), DigestSet{false, false, true}).sha256;
}

inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}
inline void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

class CaseworkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = std::filesystem::temp_directory_path() / "limier-casework-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  static RunSpec spec(std::size_t value_width = 16) { return {"test", value_width, Sha256{7}}; }

  void write_run(const std::string& name, const std::map<Key, KeyRecord>& records, const RunSpec& run_spec) const {
    auto writer = RunWriter::create(dir_, name, run_spec);
    ASSERT_TRUE(writer.ok()) << writer.error().message;
    std::vector<std::uint8_t> bytes(run_spec.record_width());
    for (const auto& [key, record] : records) {
      put_record(record, run_spec.value_width, bytes.data());
      writer->put(bytes.data());
    }
    const Status status = writer->commit();
    ASSERT_TRUE(status.ok()) << status.error().message;
  }
  static KeyRecord record(std::uint64_t number, std::uint64_t size = 1000, std::uint32_t count = 1) {
    KeyRecord made;
    made.key = key_of(number);
    made.size_bytes = size;
    made.file_id = static_cast<std::int64_t>(number) + 1;
    made.count = count;
    made.value = "v" + std::to_string(number);
    return made;
  }

  std::string dir_;
};

}  // namespace limier::casework::testing
