// YARA rules and libmagic, over bytes in memory.
#include "support.h"

namespace limier::content::testing {
namespace {

using catalog::ItemState;

Buffer bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

const RuleFile kGood{"good.yar", R"(
private rule helper { strings: $h = "MARK" condition: $h }
rule marked : tag { strings: $a = "MARK" $b = { 00 01 02 } condition: helper and any of them }
rule small { condition: filesize < 10 }
)"};

struct Scanned {
  Outcome outcome;
  Collector rows;
  std::vector<std::string> hits;  // locator, value, file_offset, context
};

Scanned scan(const CompiledRules& compiled, Buffer content) {
  Scanned scanned;
  const auto parser = make_yara_parser(compiled.rules);
  if (parser == nullptr) return scanned;
  const MemoryReader reader(std::move(content));
  Source source;
  source.main = &reader;
  scanned.outcome = parser->parse(source, scanned.rows);
  for (const auto& row : scanned.rows.rows) {
    std::string text;
    const auto columns = row.kind->columns;
    const auto of_place = catalog::place_columns();
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      const auto& column = i < of_place.size() ? of_place[i] : columns[i - of_place.size()];
      if (column.name != "locator" && column.name != "value" && column.name != "file_offset" &&
          column.name != "context")
        continue;
      text += text.empty() ? "" : "|";
      if (const auto* said = std::get_if<std::string>(&row.cells[i])) text += *said;
      if (const auto* number = std::get_if<std::int64_t>(&row.cells[i])) text += std::to_string(*number);
    }
    scanned.hits.push_back(text);
  }
  return scanned;
}

TEST(Yara, AFileThatIsWrongTakesNoOtherWithIt) {
  const std::vector<RuleFile> files{kGood,
                                    {"broken.yar", "rule x { condition: "},
                                    {"twin.yar", "rule small { condition: filesize > 10 }"},
                                    {"clock.yar", "import \"time\" rule t { condition: time.now() > 0 }"},
                                    {"outside.yar", "\nrule o { condition: filename == \"a\" }"},
                                    {"include.yar", "include \"good.yar\""},
                                    {"signed.yar", "import \"pe\" rule s { condition: pe.number_of_signatures == 0 }"},
                                    {"binary.yar", std::string("rule z { condition: true }\0", 27)}};
  const CompiledRules compiled = compile_yara(files);
  ASSERT_EQ(compiled.files.size(), files.size());
  EXPECT_EQ(compiled.files[0].rules, 2U);
  EXPECT_EQ(compiled.files[0].refused, "");
  EXPECT_NE(compiled.files[1].refused.find("syntax error"), std::string::npos) << compiled.files[1].refused;
  EXPECT_EQ(compiled.files[2].refused, "");
  EXPECT_NE(compiled.files[3].refused.find("time"), std::string::npos) << compiled.files[3].refused;
  EXPECT_EQ(compiled.files[4].refused, "line 2: undefined identifier \"filename\"");
  for (std::size_t i = 4; i < files.size(); ++i) EXPECT_NE(compiled.files[i].refused, "") << files[i].name;
  ASSERT_FALSE(compiled.rules.empty());
  const Scanned small = scan(compiled, bytes_of("..MARK."));
  EXPECT_EQ(small.outcome.state, ItemState::kParsed);
  EXPECT_EQ(small.hits,
            (std::vector<std::string>{"yara:good.yar:marked|2|marked|$a at 2: MARK", "yara:good.yar:small||small|"}));
}

TEST(Yara, TheFirstPlaceOfAnyStringIsThatOfTheRule) {
  const CompiledRules compiled = compile_yara(std::vector{kGood});
  Buffer content = bytes_of("0123456789MARK MARK");
  content[4] = 0, content[5] = 1, content[6] = 2;
  EXPECT_EQ(scan(compiled, content).hits,
            (std::vector<std::string>{"yara:good.yar:marked|4|marked|$a at 10: MARK; $b at 4: \\x00\\x01\\x02"}));
}

TEST(Yara, DigestsOfModulesAreRight) {
  const RuleFile file{"digest.yar", R"(
import "hash"
import "math"
rule md5 { condition: hash.md5(0, filesize) == "900150983cd24fb0d6963f7d28e17f72" }
rule sha1 { condition: hash.sha1(0, filesize) == "a9993e364706816aba3e25717850c26c9cd0d89d" }
rule sha256 { condition: hash.sha256(0, 3) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" }
rule entropy { condition: math.entropy(0, filesize) > 1.5 }
)"};
  const CompiledRules compiled = compile_yara(std::vector{file});
  ASSERT_EQ(compiled.files[0].refused, "");
  EXPECT_EQ(scan(compiled, bytes_of("abc")).hits.size(), 4U);
  EXPECT_EQ(scan(compiled, bytes_of("aaa")).hits.size(), 0U);
}

TEST(Yara, WhatIsLargerThanOnePieceIsNotScanned) {
  struct Large final : Reader {
    [[nodiscard]] std::uint64_t size_bytes() const override { return kMaxYaraBytes + 1; }
    bool read(std::uint64_t, MutableBytes) const override { return false; }
  } large;
  const auto parser = make_yara_parser(compile_yara(std::vector{kGood}).rules);
  ASSERT_NE(parser, nullptr);
  Source source;
  source.main = &large;
  Collector rows;
  EXPECT_EQ(parser->parse(source, rows).state, ItemState::kTooLarge);
}

TEST(Yara, RulesThatNobodyCompiledAreNotTaken) {
  EXPECT_EQ(make_yara_parser(as_bytes("no rules at all")), nullptr);
  CompiledRules compiled = compile_yara(std::vector{kGood});
  compiled.rules.resize(compiled.rules.size() / 2);
  EXPECT_EQ(make_yara_parser(compiled.rules), nullptr);
}

Outcome ask_libmagic(Buffer content) {
  const auto parser = make_libmagic_parser();
  const MemoryReader reader(std::move(content));
  Source source;
  source.main = &reader;
  Collector rows;
  return parser->parse(source, rows);
}

TEST(Libmagic, NamesTheKindAndNotTheFile) {
  Buffer grib{'G', 'R', 'I', 'B', 0, 0, 0x50, 1};
  grib.resize(500);
  const Outcome outcome = ask_libmagic(grib);
  EXPECT_EQ(outcome.state, ItemState::kParsed);
  EXPECT_EQ(outcome.mime, "application/x-grib");
  EXPECT_EQ(outcome.type_name, "Gridded binary");
}

TEST(Libmagic, SaysNothingOfWhatTwoBytesMakeOfIt) {
  for (const Buffer& content :
       {Buffer{0xe9, 0x12, 0x34, 0x90, 1, 2, 3, 4}, Buffer{0x99, 0x01, 0x0d, 4, 1, 2, 3, 4}, Buffer(100, 0)}) {
    const Outcome outcome = ask_libmagic(content);
    EXPECT_EQ(outcome.state, ItemState::kNotApplicable) << outcome.mime << " " << outcome.type_name;
    EXPECT_EQ(outcome.mime, "");
  }
}

}  // namespace
}  // namespace limier::content::testing
