// The decoders: what they give, and that no prefix, flipped bit or bomb does more than give nothing.
#include "content/decode/decode.h"

#include <fmt/format.h>
#include <libdeflate.h>

#include "content/support.h"

namespace limier::content::decode {
namespace {

using limier::content::testing::bytes_of_file;

std::string shown(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* real = std::get_if<double>(&value)) return fmt::format("{}", *real);
  return std::get<std::string>(value);
}

// The values, apart by '|'; "no" where the bytes do not decode.
std::string decoded(std::string_view name, std::string_view bytes, std::string_view path = {}) {
  std::vector<Value> values;
  if (!find_decoder(name)->decode(as_bytes(bytes), path, values)) return "no";
  std::string text;
  for (const Value& one : values) text += (text.empty() ? "" : "|") + shown(one);
  return text;
}

std::string compressed(std::string_view text, bool gzip) {
  libdeflate_compressor* compressor = libdeflate_alloc_compressor(6);
  std::string out(text.size() + 1000, '\0');
  const auto compress = gzip ? libdeflate_gzip_compress : libdeflate_zlib_compress;
  out.resize(compress(compressor, text.data(), text.size(), out.data(), out.size()));
  libdeflate_free_compressor(compressor);
  return out;
}

// One binary property list: {"a": [1, {"t": "x"}, true], "d": 2.5, "w": "é"} and what an archive needs.
std::string binary_plist(const std::vector<std::string>& objects, std::size_t top = 0) {
  std::string out = "bplist00";
  std::string offsets;
  for (const std::string& object : objects) {
    offsets += static_cast<char>(out.size());
    out += object;
  }
  const std::size_t table = out.size();
  out += offsets;
  out += std::string(6, '\0') + "\x01\x01";
  for (const std::size_t number : {objects.size(), top, table})
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 0xff);
  return out;
}

using namespace std::string_literals;

const std::string kPlist = binary_plist({"\xd3\x01\x02\x03\x04\x05\x06"s,
                                         "\x51"
                                         "a"s,
                                         "\x51"
                                         "d"s,
                                         "\x51"
                                         "w"s,
                                         "\xa3\x07\x08\x09"s, "\x23\x40\x04\0\0\0\0\0\0"s, "\x61\0\xe9"s, "\x10\x01"s,
                                         "\xd1\x0a\x0b"s, "\x09"s,
                                         "\x51"
                                         "t"s,
                                         "\x51"
                                         "x"s});

const std::string kStream =
    "\x04\x0bstreamtyped\x81\xe8\x03\x84\x01@"
    "\x84\x84\x84\x12NSAttributedString\x00\x84\x84\x08NSObject\x00\x85\x92\x84\x84"
    "\x84\x08NSString\x01\x94\x84\x01+\x05hello\x86\x84\x02iI\x01\x05\x86"s;

const std::string kAbx =
    "ABX\0\x10\x32\xff\xff\0\x04list\x32\xff\xff\0\x03pkg\x2f\xff\xff\0\x04name\0\x05org.a\x6f\xff\xff\0\x01v\0\0\0\x07"
    "\xcf\xff\xff\0\x01s\x24\0\x02hi\x33\0\x01\x33\0\0\x11"s;

struct Sample {
  std::string_view decoder;
  std::string bytes, path, wanted;
};

std::vector<Sample> samples() {
  return {
      {"abx", kAbx, "list.pkg.@name", "org.a"},
      {"abx", kAbx, "list.pkg.@v", "7"},
      {"abx", kAbx, "list.pkg.@s", "true"},
      {"abx", kAbx, "list.*.#text", "hi"},
      {"base64", "aGVsbG8=", "", "hello"},
      {"base64", "_-8", "", "\xff\xef"},
      {"gzip", compressed("hello hello hello", true), "", "hello hello hello"},
      {"hex", "68656C6c6f", "", "hello"},
      {"html-text", "<div><p>Hi &amp; bye&#33;</p><p>a<br/>b &lt;3</p><style>p{}</style></div>", "",
       "Hi & bye!\na\nb <3"},
      {"html-text", "1 < 2 and 3>2 &unknown; <img alt=\"\xf0\x9f\x98\x80\" src='x>y'/>", "",
       "1 < 2 and 3>2 &unknown; \xf0\x9f\x98\x80"},
      {"json", R"({"a":[{"b":"x"},{"b":2}],"c":1.5,"d":null,"e.f":true})", "a[].b", "x|2"},
      {"json", R"({"a":[{"b":"x"},{"b":2}],"c":1.5,"d":null,"e.f":true})", "a[1].b", "2"},
      {"json", R"({"a":[{"b":"x"},{"b":2}],"c":1.5,"d":null,"e.f":true})", "e\\.f", "1"},
      {"json", R"({"a":[{"b":"x"},{"b":2}],"c":1.5,"d":null,"e.f":true})", "d", ""},
      {"plist", kPlist, "a[]", "1|1"},
      {"plist", kPlist, "a[1].t", "x"},
      {"plist", kPlist, "d", "2.5"},
      {"plist", kPlist, "w", "\xc3\xa9"},
      {"plist",
       "<?xml version='1.0'?><!DOCTYPE plist><plist version=\"1.0\"><dict><key>a</key><array><string>x &lt; y</string>"
       "<integer>-3</integer><true/></array><key>d</key><data>aGk=</data><key>t</key><date>2001-01-01T00:00:02Z</date>"
       "</dict></plist>",
       "a[]", "x < y|-3|1"},
      {"protobuf", "\x08\x96\x01\x22\x04\x12\x02hi\x22\x04\x12\x02yo\x2d\x01\x00\x00\x00"s, "4.2", "hi|yo"},
      {"protobuf", "\x08\x96\x01\x22\x04\x12\x02hi"s, "1", "150"},
      {"protobuf", "\x08\x96\x01"s, "9", ""},
      {"tl-message",
       "\xe0\x6e\x11\x38\x00\x01\x00\x00\x01\x00\x00\x00\x22\x17\x51\x59\x01\xf2\x05\x2a\x01\x00\x00\x00\x22\x17\x51\x59\x09\xf2\x05\x2a\x01\x00\x00\x00\x00\xf1\x53\x65\x07\x73\x65\x65\x20\x79\x6f\x75"s,
       "text", "see you"},
      {"tl-message",
       "\xe0\x6e\x11\x38\x00\x01\x00\x00\x01\x00\x00\x00\x22\x17\x51\x59\x01\xf2\x05\x2a\x01\x00\x00\x00\x22\x17\x51\x59\x09\xf2\x05\x2a\x01\x00\x00\x00\x00\xf1\x53\x65\x07\x73\x65\x65\x20\x79\x6f\x75"s,
       "from", "5000000001"},
      {"tl-message",
       "\xe0\x6e\x11\x38\x00\x01\x00\x00\x01\x00\x00\x00\x22\x17\x51\x59\x01\xf2\x05\x2a\x01\x00\x00\x00\x22\x17\x51\x59\x09\xf2\x05\x2a\x01\x00\x00\x00\x00\xf1\x53\x65\x07\x73\x65\x65\x20\x79\x6f\x75"s,
       "date", "1700000000"},
      {"tl-message",
       "\xcf\x76\x2f\xb9\x0c\x01\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x22\x17\x51\x59\x02\xf2\x05\x2a\x01\x00\x00\x00\x1e\x37\xa5\xa2\x4d\x00\x00\x00\x00\x00\x00\x00\xbb\xf4\x4d\x4e\x21\x00\x00\x00\x22\x17\x51\x59\x03\xf2\x05\x2a\x01\x00\x00\x00\x03\x43\x6f\x72\x0c\xef\x53\x65\x0b\x56\x17\x69\xd0\x00\x00\x00\x07\x00\x00\x00\x06\x71\x75\x6f\x74\x65\x64\x00\x15\xc4\xb5\x1c\x02\x00\x00\x00\xc9\x0b\x61\xbd\x00\x00\x00\x00\x03\x00\x00\x00\x27\xd3\xa6\x76\x00\x00\x00\x00\x02\x00\x00\x00\x12\x68\x74\x74\x70\x73\x3a\x2f\x2f\x61\x2e\x65\x78\x61\x6d\x70\x6c\x65\x2f\x00\xc8\xf1\x53\x65\x10\x69\x6e\x20\x74\x68\x65\x20\x67\x72\x6f\x75\x70\x20\xe2\x9c\x93\x00\x00\x00"s,
       "text", "in the group \xe2\x9c\x93"},
      {"tl-message",
       "\xcf\x76\x2f\xb9\x0c\x01\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x22\x17\x51\x59\x02\xf2\x05\x2a\x01\x00\x00\x00\x1e\x37\xa5\xa2\x4d\x00\x00\x00\x00\x00\x00\x00\xbb\xf4\x4d\x4e\x21\x00\x00\x00\x22\x17\x51\x59\x03\xf2\x05\x2a\x01\x00\x00\x00\x03\x43\x6f\x72\x0c\xef\x53\x65\x0b\x56\x17\x69\xd0\x00\x00\x00\x07\x00\x00\x00\x06\x71\x75\x6f\x74\x65\x64\x00\x15\xc4\xb5\x1c\x02\x00\x00\x00\xc9\x0b\x61\xbd\x00\x00\x00\x00\x03\x00\x00\x00\x27\xd3\xa6\x76\x00\x00\x00\x00\x02\x00\x00\x00\x12\x68\x74\x74\x70\x73\x3a\x2f\x2f\x61\x2e\x65\x78\x61\x6d\x70\x6c\x65\x2f\x00\xc8\xf1\x53\x65\x10\x69\x6e\x20\x74\x68\x65\x20\x67\x72\x6f\x75\x70\x20\xe2\x9c\x93\x00\x00\x00"s,
       "kind", "text"},
      {"tl-message",
       "\xe0\x6e\x11\x38\x00\x03\x00\x00\x04\x00\x00\x00\x22\x17\x51\x59\x01\xf2\x05\x2a\x01\x00\x00\x00\x22\x17\x51\x59\x09\xf2\x05\x2a\x01\x00\x00\x00\x2c\xf2\x53\x65\x00\x00\x00\x00\xd7\x50\x51\x69\x01\x00\x00\x00"s,
       "kind", "photo"},
      {"tl-message",
       "\x62\x58\x08\x2b\x02\x01\x00\x00\x05\x00\x00\x00\x22\x17\x51\x59\x09\xf2\x05\x2a\x01\x00\x00\x00\x22\x17\x51\x59\x01\xf2\x05\x2a\x01\x00\x00\x00\x90\xf2\x53\x65\x7f\x1a\xe1\x80\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00"s,
       "kind", "call"},
      {"tl-message", "\x78\x56\x34\x12\x00\x00\x00\x00\x06\x00\x00\x00"s, "kind", "0x12345678"},
      {"tl-message", "\xbb\x60\x8d\x9f\x07\x00\x00\x00"s, "kind", "service"},
      {"tl-message",
       "\x11\xc2\xbe\x76\x08\x01\x00\x00\x08\x00\x00\x00\x22\x17\x51\x59\x01\xf2\x05\x2a\x01\x00\x00\x00\x22\x17\x51\x59\x09\xf2\x05\x2a\x01\x00\x00\x00\x0b\x56\x17\x69\x00\x01\x00\x00\xd7\x50\x51\x69\x00\x00\x00\x00\xbc\xf3\x53\x65\x04\x6c\x6f\x73\x74\x00\x00\x00"s,
       "kind", "0x695150d7"},
      {"tl-message",
       "\x11\xc2\xbe\x76\x08\x01\x00\x00\x08\x00\x00\x00\x22\x17\x51\x59\x01\xf2\x05\x2a\x01\x00\x00\x00\x22\x17\x51\x59\x09\xf2\x05\x2a\x01\x00\x00\x00\x0b\x56\x17\x69\x00\x01\x00\x00\xd7\x50\x51\x69\x00\x00\x00\x00\xbc\xf3\x53\x65\x04\x6c\x6f\x73\x74\x00\x00\x00"s,
       "text", ""},
      {"typedstream-string", kStream, "", "hello"},
      {"utf16", "h\0i\0=\xd8\0\xde"s, "", "hi\xf0\x9f\x98\x80"},
      {"utf16", "\xfe\xff\0h\0i"s, "", "hi"},
      {"zlib", compressed("hello hello hello", false), "", "hello hello hello"},
  };
}

TEST(Decode, GivesWhatStandsAtThePath) {
  for (const Sample& one : samples())
    EXPECT_EQ(decoded(one.decoder, one.bytes, one.path), one.wanted) << one.decoder << " " << one.path;
  for (const Decoder& decoder : decoders())
    EXPECT_TRUE(decoder.name == "nskeyed" ||
                std::ranges::any_of(samples(), [&](const Sample& one) { return one.decoder == decoder.name; }))
        << decoder.name;
}

TEST(Decode, ArchivesAreMapsAndLists) {
  // $objects: $null, a dictionary with one key, its key, a list of two, two texts (one a class of its own), a date.
  const std::string archive = binary_plist({
      "\xd4\x01\x02\x03\x04\x05\x06\x07\x08"s,  // 0
      "\x59$archiver"s,
      "\x58$objects"s,
      "\x54$top"s,
      "\x58$version"s,                      // 1-4
      "\x5f\x10\x0fNSKeyedArchiver"s,       // 5
      "\xa7\x0b\x0c\x0d\x0e\x0f\x10\x11"s,  // 6: the list
      "\xd1\x09\x0a"s,
      "\x12\0\x01\x86\xa0"s,  // 7, 8
      "\x54root"s,
      "\x80\x01"s,              // 9, 10
      "\x55$null"s,             // 11: number 0
      "\xd2\x12\x13\x14\x15"s,  // 12: 1, keys and objects
      "\x51k"s,                 // 13: 2
      "\xd1\x13\x16"s,          // 14: 3, a list
      "\x53one"s,               // 15: 4
      "\xd1\x17\x18"s,          // 16: 5, a text
      "\xd1\x19\x1a"s,          // 17: 6, a date
      "\x57NS.keys"s,
      "\x5aNS.objects"s,
      "\xa1\x1b"s,
      "\xa1\x1c"s,          // 18-21
      "\xa3\x1d\x1e\x1f"s,  // 22
      "\x59NS.string"s,
      "\x53two"s,
      "\x57NS.time"s,
      "\x23\x3f\xf8\0\0\0\0\0\0"s,  // 23-26
      "\x80\x02"s,
      "\x80\x03"s,
      "\x80\x04"s,
      "\x80\x05"s,
      "\x80\x06"s,  // 27-31
  });
  EXPECT_EQ(decoded("nskeyed", archive, "k[]"), "one|two|1.5");
  EXPECT_EQ(decoded("nskeyed", kPlist, "a"), "no");
}

TEST(Decode, WhatIsOfAnotherFormGivesNothing) {
  for (const auto& [name, bytes, path] : std::vector<std::tuple<std::string_view, std::string, std::string_view>>{
           {"abx", "ABX", "a"},
           {"base64", "a", ""},
           {"base64", "aG=k", ""},
           {"gzip", "hello", ""},
           {"hex", "abc", ""},
           {"hex", "zz", ""},
           {"json", "{\"a\":", "a"},
           {"json", std::string(100'000, '['), "a"},
           {"plist", "hello", "a"},
           {"plist", "<plist><dict><key>a</key></dict></plist>", "a"},
           {"protobuf", "\x0a\xff", "1"},
           {"protobuf", "\x0b", "1"},
           {"tl-message", "hel", "text"},
           {"tl-message", "\xe0\x6e\x11\x38hello", "text"},
           {"tl-message", "\x78\x56\x34\x12", "colour"},
           {"typedstream-string", "hello", ""},
           {"utf16", "abc", ""},
           {"utf16", "\x00\xd8"s, ""},
           {"zlib", "hello", ""}})
    EXPECT_EQ(decoded(name, bytes, path), "no") << name << " " << bytes.substr(0, 40);
}

TEST(Decode, BombsEnd) {
  EXPECT_EQ(decoded("gzip", compressed(std::string(kMaxOutputBytes + 1, 'x'), true)), "no");
  EXPECT_EQ(decoded("gzip", compressed(std::string(kMaxOutputBytes, 'x'), true)).size(), kMaxOutputBytes);
  // A list of itself many times over, and one that is its own item.
  std::vector<std::string> lists;
  for (int i = 0; i < 30; ++i) lists.push_back("\xa3" + std::string(3, static_cast<char>(i + 1)));
  lists.push_back("\x10\x01");
  EXPECT_EQ(decoded("plist", binary_plist(lists), "[]"), "no");
  EXPECT_EQ(decoded("plist", binary_plist({"\xa1\0"s}), "[]"), "no");
  EXPECT_EQ(decoded("plist", "<plist>" + std::string(100'000, '<'), "[]"), "no");
  std::string deep = "<plist>";
  for (int i = 0; i < 1000; ++i) deep += "<array>";
  EXPECT_EQ(decoded("plist", deep, "[]"), "no");
  EXPECT_EQ(decoded("html-text", "a" + std::string(1'000'000, '<') + "b").size(), 1'000'002u);
}

TEST(Decode, PrefixesAndFlipsEnd) {
  for (const Sample& one : samples()) {
    std::vector<Value> values;
    for (std::size_t size = 0; size < one.bytes.size(); ++size)
      (void)find_decoder(one.decoder)->decode(as_bytes(one.bytes).first(size), one.path, values);
    for (std::size_t bit = 0; bit < one.bytes.size() * 8; ++bit) {
      std::string bytes = one.bytes;
      bytes[bit / 8] = static_cast<char>(static_cast<unsigned char>(bytes[bit / 8]) ^ (1u << bit % 8));
      for (const Decoder& decoder : decoders()) {
        values.clear();
        (void)decoder.decode(as_bytes(bytes), decoder.takes_path ? one.path : "", values);
      }
    }
  }
}

TEST(Decode, StepsFollowOneAnother) {
  const std::vector<Step> steps{{find_decoder("json"), "a[]"}, {find_decoder("base64"), ""}};
  std::vector<Value> values;
  EXPECT_TRUE(run_steps(steps, as_bytes(R"({"a":["aGk=","eW8="]})"), values));
  EXPECT_EQ(values, (std::vector<Value>{std::string("hi"), std::string("yo")}));
  values.clear();
  EXPECT_FALSE(run_steps(steps, as_bytes(R"({"a":["aGk=","?"]})"), values));
}

TEST(Decode, PathsAreRead) {
  for (const std::string_view good : {"", "a", "a.b", "a[]", "a[12].b", "*", "[0]", "a\\.b"})
    EXPECT_TRUE(parse_path(good)) << good;
  for (const std::string_view bad : {".", "a.", "a..b", "a[", "a[x]", "a[12345678]"})
    EXPECT_FALSE(parse_path(bad)) << bad;
}

}  // namespace
}  // namespace limier::content::decode
