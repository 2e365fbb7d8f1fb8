#include "casework/run_format.h"

#include "fixture.h"
#include "limier/base/sorter.h"

namespace limier::casework::testing {
namespace {

class Run : public CaseworkTest {
 protected:
  void SetUp() override {
    CaseworkTest::SetUp();
    for (std::uint64_t i = 0; i < 500; ++i)
      records_[key_of(i)] = record(i, i * 10, static_cast<std::uint32_t>(i % 3 + 1));
    write_run("test.run", records_, spec());
    path_ = dir_ + "/test.run";
    good_ = read_file(path_);
  }

  // What reading the run to its end says: "" when it is whole.
  [[nodiscard]] std::string problem(const RunSpec& wanted = spec(), std::size_t buffer = 1000) const {
    auto cursor = RunCursor::open(path_, wanted);
    if (!cursor) {
      EXPECT_EQ(cursor.error().kind, ErrorKind::kEvidence);
      return cursor.error().message;
    }
    cursor->use_buffer(buffer);
    for (cursor->advance(); cursor->record() != nullptr;) cursor->advance();
    if (cursor->status().ok()) return "";
    EXPECT_EQ(cursor->status().error().kind, ErrorKind::kEvidence);
    return cursor->status().error().message;
  }
  void change(std::size_t at, char to) const {
    std::string bytes = good_;
    bytes[at] = to;
    write_file(path_, bytes);
  }

  std::map<Key, KeyRecord> records_;
  std::string path_, good_;
};

TEST_F(Run, gives_back_what_was_written_whatever_the_buffer) {
  for (const std::size_t buffer : {std::size_t{1}, std::size_t{72}, std::size_t{1000}, std::size_t{1} << 20}) {
    auto cursor = RunCursor::open(path_, spec());
    ASSERT_TRUE(cursor.ok()) << cursor.error().message;
    EXPECT_EQ(cursor->count(), records_.size());
    cursor->use_buffer(buffer);
    cursor->advance();
    for (const auto& [key, expected] : records_) {
      ASSERT_NE(cursor->record(), nullptr);
      const KeyRecord got = get_record(cursor->record(), spec().value_width);
      EXPECT_EQ(got.key, key);
      EXPECT_EQ(got.size_bytes, expected.size_bytes);
      EXPECT_EQ(got.file_id, expected.file_id);
      EXPECT_EQ(got.count, expected.count);
      EXPECT_EQ(got.value, expected.value);
      cursor->advance();
    }
    EXPECT_EQ(cursor->record(), nullptr);
    EXPECT_TRUE(cursor->status().ok());
  }
}

TEST_F(Run, an_empty_run_is_a_run) {
  write_run("test.run", {}, spec());
  EXPECT_EQ(problem(), "");
}

TEST_F(Run, finds_keys_by_search) {
  const auto cursor = RunCursor::open(path_, spec());
  ASSERT_TRUE(cursor.ok());
  const std::vector<Key> wanted{key_of(3), key_of(1'000'000), key_of(499)};
  const auto found = cursor->find(wanted);
  ASSERT_TRUE(found.ok());
  ASSERT_TRUE((*found)[0] && (*found)[2]);
  EXPECT_EQ((*found)[0]->file_id, 4);
  EXPECT_FALSE((*found)[1]);
  EXPECT_EQ((*found)[2]->value, "v499");
}

TEST_F(Run, every_prefix_is_refused) {
  for (std::size_t size = 0; size < good_.size(); size += size < 200 ? 1 : 997) {
    write_file(path_, good_.substr(0, size));
    EXPECT_NE(problem(), "") << size;
  }
  write_file(path_, good_ + "x");
  EXPECT_NE(problem(), "");
}

TEST_F(Run, every_changed_byte_is_noticed) {
  for (std::size_t at = 0; at < good_.size(); at += at < 240 ? 1 : 101) {
    change(at, static_cast<char>(good_[at] ^ 0x10));
    EXPECT_NE(problem(), "") << at;
  }
}

TEST_F(Run, unsorted_records_are_noticed_though_the_digest_fits) {
  auto writer = RunWriter::create(dir_, "test.run", spec());
  ASSERT_TRUE(writer.ok());
  std::vector<std::uint8_t> bytes(spec().record_width());
  for (auto at = records_.rbegin(); at != records_.rend(); ++at) {
    put_record(at->second, spec().value_width, bytes.data());
    writer->put(bytes.data());
  }
  ASSERT_TRUE(writer->commit().ok());
  EXPECT_NE(problem().find("out of order"), std::string::npos);
}

TEST_F(Run, the_same_key_twice_is_noticed) {
  auto writer = RunWriter::create(dir_, "test.run", spec());
  ASSERT_TRUE(writer.ok());
  std::vector<std::uint8_t> bytes(spec().record_width());
  put_record(record(1), spec().value_width, bytes.data());
  writer->put(bytes.data());
  writer->put(bytes.data());
  ASSERT_TRUE(writer->commit().ok());
  EXPECT_NE(problem().find("out of order"), std::string::npos);
}

TEST_F(Run, another_kind_width_or_index_is_refused) {
  RunSpec other = spec();
  other.kind = "other";
  EXPECT_NE(problem(other).find("another kind"), std::string::npos);
  EXPECT_NE(problem(spec(32)).find("another width"), std::string::npos);
  other = spec();
  other.index_digest = Sha256{8};
  EXPECT_NE(problem(other).find("another index"), std::string::npos);
}

TEST_F(Run, what_is_no_file_is_refused) {
  std::filesystem::remove(path_);
  EXPECT_NE(problem().find("not there"), std::string::npos);
  std::filesystem::create_directory(path_);
  EXPECT_NE(problem(), "");
  std::filesystem::remove(path_);
  std::filesystem::create_symlink(dir_ + "/elsewhere", path_);
  EXPECT_NE(problem(), "");
}

TEST_F(Run, an_exchange_while_reading_is_noticed) {
  auto cursor = RunCursor::open(path_, spec());
  ASSERT_TRUE(cursor.ok());
  cursor->use_buffer(100);
  cursor->advance();
  write_run("test.run", records_, spec());
  while (cursor->record() != nullptr) cursor->advance();
  ASSERT_FALSE(cursor->status().ok());
  EXPECT_NE(cursor->status().error().message.find("exchanged"), std::string::npos);
}

TEST_F(Run, without_commit_there_is_nothing) {
  {
    auto writer = RunWriter::create(dir_, "other.run", spec());
    ASSERT_TRUE(writer.ok());
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir_), {}), 1);
}

TEST_F(Run, long_values_end_at_a_whole_character) {
  KeyRecord long_one = record(1);
  long_one.value = "fifteen letters\xC3\xA9\xC3\xA9";
  std::vector<std::uint8_t> bytes(spec().record_width());
  put_record(long_one, spec().value_width, bytes.data());
  EXPECT_EQ(get_record(bytes.data(), spec().value_width).value, "fifteen letters");
}

class Sorting : public CaseworkTest {};

TEST_F(Sorting, is_the_same_in_memory_and_on_disk_and_in_any_order) {
  constexpr std::size_t kWidth = 40;
  constexpr std::uint64_t kCount = 20'000;
  std::vector<std::string> expected;
  for (std::uint64_t i = 0; i < kCount; ++i) {
    const Key key = key_of(i % 7'000);  // with repetitions
    expected.emplace_back(reinterpret_cast<const char*>(key.data()), key.size());
    expected.back() += std::string(8, static_cast<char>(i % 3));
  }
  const std::vector<std::string> forwards = expected;
  std::sort(expected.begin(), expected.end());
  for (const std::size_t memory : {std::size_t{1} << 24, std::size_t{50'000}, std::size_t{600}}) {
    for (const bool reversed : {false, true}) {
      Sorter sorter(dir_, kWidth, memory);
      for (std::size_t i = 0; i < forwards.size(); ++i)
        sorter.put(reinterpret_cast<const std::uint8_t*>(forwards[reversed ? forwards.size() - 1 - i : i].data()));
      ASSERT_TRUE(sorter.sort().ok());
      for (int pass = 0; pass < 2; ++pass) {
        for (const std::string& record : expected) {
          const std::uint8_t* got = sorter.next();
          ASSERT_NE(got, nullptr);
          ASSERT_EQ(std::string(reinterpret_cast<const char*>(got), kWidth), record);
        }
        EXPECT_EQ(sorter.next(), nullptr);
        EXPECT_TRUE(sorter.status().ok());
        sorter.rewind();
      }
    }
  }
  EXPECT_TRUE(std::filesystem::is_empty(dir_));
}

TEST_F(Sorting, says_when_there_is_no_place_to_sort_in) {
  Sorter sorter(dir_ + "/nowhere", 40, 100);
  const std::array<std::uint8_t, 40> record{};
  for (int i = 0; i < 10; ++i) sorter.put(record.data());
  EXPECT_FALSE(sorter.sort().ok());
  EXPECT_EQ(sorter.next(), nullptr);
}

}  // namespace
}  // namespace limier::casework::testing
