#include "app/json_lines.h"

#include <gtest/gtest.h>

#include "limier/base.h"

namespace limier::app {
namespace {

TEST(FlatObject, ReadsBackWhatTheEscaperWrites) {
  const std::string hostile = "a\"b\\c\n\t\x01\xE2\x80\xAE\xF3\xA0\x81\x81 é \xF0\x9F\x98\x80 </script>";
  const std::string line = "{\"name\":" + json_string(hostile) + ",\"size_bytes\":42,\"sha256\":null}";
  const auto members = parse_flat_object(line);
  ASSERT_TRUE(members.has_value());
  ASSERT_EQ(members->size(), 3u);
  EXPECT_EQ((*members)[0].second, hostile);
  EXPECT_EQ((*members)[1].second, "42");
  EXPECT_EQ((*members)[2].second, "null");
}

TEST(FlatObject, RefusesEveryPrefix) {
  const std::string line = "{\"name\":\"x\\u00e9y\",\"n\":1}";
  for (std::size_t length = 0; length < line.size(); ++length)
    EXPECT_FALSE(parse_flat_object(std::string_view(line).substr(0, length)).has_value()) << length;
  EXPECT_TRUE(parse_flat_object(line).has_value());
}

TEST(Manifest, FindsTheEntriesOfTheListAskedFor) {
  const std::string manifest =
      "{\n  \"audit_head_sha256\": \"abc\",\n  \"evidence\": [\n    "
      "{\"name\":\"a.E01\",\"size_bytes\":7,\"sha256\":\"11\"}\n  ],\n"
      "  \"files\": [\n    {\"name\":\"x\",\"size_bytes\":1,\"sha256\":\"22\"},\n    "
      "{\"name\":\"y\",\"size_bytes\":2,\"sha256\":null}\n  ]\n}\n";
  const auto files = manifest_entries(manifest, "files");
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[0].name, "x");
  EXPECT_EQ(files[1].size_bytes, 2u);
  EXPECT_EQ(files[1].sha256, "");
  EXPECT_EQ(manifest_entries(manifest, "evidence").size(), 1u);
  EXPECT_EQ(manifest_string(manifest, "audit_head_sha256"), "abc");
  EXPECT_EQ(manifest_string(manifest, "absent"), "");
}

}  // namespace
}  // namespace limier::app
