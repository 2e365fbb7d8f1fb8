// What is found and what is not, for every kind. Addresses are those of the formats' own specifications and of public
// documentation; numbers are examples of the registries.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <random>

#include "entities/blocks.h"
#include "entities/words.h"
#include "limier/entities.h"
#include "limier/people.h"

namespace limier::entities {
namespace {

std::string listed(const std::vector<Found>& found) {
  constexpr std::array<std::string_view, 3> kProofs{"checksum", "grammar", "none"};
  std::string list;
  for (const Found& one : found)
    list += std::string(list.empty() ? "" : "\n") + std::string(kind_word(one.kind)) + " " + one.normalized + " " +
            std::string(kProofs.at(static_cast<std::size_t>(one.proof)));
  return list;
}
std::string in_text(std::string_view text, std::string_view country = "BE") {
  std::vector<Found> found;
  scan(as_bytes(text), {.setting = Setting::kText, .at_home = people::country_by_iso(country)}, found);
  return listed(found);
}
std::string in_bytes(std::string_view bytes) {
  std::vector<Found> found;
  scan(as_bytes(bytes), {.setting = Setting::kBytes}, found);
  return listed(found);
}
std::string wide(std::string_view text) {
  std::string out;
  for (const char c : text) (out += c) += '\0';
  return out;
}

constexpr std::string_view kOnionName = "2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid";
constexpr std::string_view kMoneroAddress =
    "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A";

TEST(Entities, MailAddresses) {
  EXPECT_EQ(in_text("to Jan.Peeters@Example.ORG."), "email jan.peeters@example.org grammar");
  EXPECT_EQ(in_text("<a@b.be>, c+d@e-f.co.uk"), "email a@b.be grammar\nemail c+d@e-f.co.uk grammar");
  EXPECT_EQ(in_text("icon@2x.png a@b c..d@e.be @home x@y.z1 a@-b.be"), "");
  EXPECT_EQ(in_text("32470123456@s.whatsapp.net and 120363356488144146@g.us"), "phone +32470123456 grammar");
  EXPECT_EQ(in_text("fran\xc3\xa7ois@example.org"), "email fran\xc3\xa7ois@example.org grammar");
  EXPECT_EQ(in_bytes("fran\xc3\xa7ois@example.org"), "");  // the rest of a longer one
  EXPECT_EQ(in_text("\xe2\x80\x9c"
                    "an@example.org\xe2\x80\x9d"),
            "email an@example.org grammar");
  EXPECT_EQ(in_bytes("\x01\x02jan@example.org\x03"), "email jan@example.org grammar");
  EXPECT_EQ(in_bytes("\x01j@example.org"), "");
  EXPECT_EQ(in_bytes("Message-ID: <a1b2@example.org>\r\nFrom: <an@example.org>\r\n"), "email an@example.org grammar");
  EXPECT_EQ(in_bytes("References: <a1b2@example.org>\r\n <a2b3@example.org>\r\n"), "");
}

TEST(Entities, AddressesOfTheWeb) {
  EXPECT_EQ(in_text("see (https://Example.org/A_(b)?q=1#x)."), "url https://example.org/A_(b)?q=1#x grammar");
  EXPECT_EQ(in_text("http://10.0.0.8:8080/x"), "url http://10.0.0.8:8080/x grammar");
  EXPECT_EQ(in_text("http://[2001:db8::1]/"), "url http://[2001:db8::1]/ grammar\nipv6 2001:db8::1 grammar");
  EXPECT_EQ(in_text("tg://resolve?domain=x"), "url tg://resolve?domain=x grammar");
  EXPECT_EQ(in_text("javascript://x http:// http://nodot/ xhttp://a.be"), "");
  EXPECT_EQ(in_bytes("\x07xhttps://example.org/a\x01"), "url https://example.org/a grammar");
  EXPECT_EQ(in_text("on www.example.be or example.com, klaar.de rest is goed.is"),
            "domain www.example.be grammar\ndomain example.com grammar");
  EXPECT_EQ(in_text("shop.example.be/pad"), "domain shop.example.be grammar");
  EXPECT_EQ(in_bytes("www.example.com"), "");
  const std::string onion = std::string(kOnionName) + ".onion";
  EXPECT_EQ(in_text("x " + onion + " y"), "onion " + onion + " checksum");
  std::string wrong = onion;
  wrong[3] = 'b';
  EXPECT_EQ(in_text(wrong).find("checksum"), std::string::npos);
  EXPECT_NE(in_bytes("http://" + onion + "/").find("onion " + onion + " checksum"), std::string::npos);
}

TEST(Entities, TelephoneNumbers) {
  EXPECT_EQ(in_text("bel +32 (0)470 12 34 56!"), "phone +32470123456 grammar");
  EXPECT_EQ(in_text("0470/12.34.56 of 0032 470 12 34 57"), "phone +32470123456 grammar\nphone +32470123457 grammar");
  EXPECT_EQ(in_text("0470/12.34.56", "US"), "");
  EXPECT_EQ(in_text("06 12 34 56 78", "FR"), "phone +33612345678 grammar");
  EXPECT_EQ(in_text("+32 470 12 34 56 2 dagen"), "phone +32470123456 grammar");
  // Too short, of no country, a date, an amount, a structured reference, a part of something longer.
  EXPECT_EQ(in_text("+4042-07403 +1073741824 +999123456789 01-02-2024 10 0.612345678 +++090/9337/55493+++"), "");
  EXPECT_EQ(in_text("NL +5222+00454 +394421-1045903 +4612-05957 Decimal('+35236450.6')"), "");
  EXPECT_EQ(in_text("+45 3122-6543 +353 1 280-0701"), "phone +4531226543 grammar\nphone +35312800701 grammar");
  EXPECT_EQ(in_text("bestelling A0470123456 0470123456X 12/0470123456"), "");
  EXPECT_EQ(in_bytes("\x01+32470123456\x02"), "phone +32470123456 grammar");
  EXPECT_EQ(in_bytes("0470123456"), "");
}

TEST(Entities, NumbersOfBanksAndShips) {
  EXPECT_EQ(in_text("BE68 5390 0754 7034 aub"), "iban BE68539007547034 checksum");
  EXPECT_EQ(in_text("NL91 ABNA 0417 1643 00", "NL"), "iban NL91ABNA0417164300 checksum");
  EXPECT_EQ(in_text("BE68 5390 0754 7035 ZZ68539007547034 XBE68539007547034"), "");
  EXPECT_EQ(in_bytes("\x01"
                     "BE68539007547034\x02"),
            "iban BE68539007547034 checksum");
  EXPECT_EQ(in_bytes("be68539007547034 BE68539007547035"), "");
  EXPECT_EQ(in_text("4539 1488 0343 6467"), "card 4539148803436467 checksum");
  EXPECT_EQ(in_text("4539-1488-0343-6468 4111111111111111 45391488 03436467"), "");
  EXPECT_EQ(in_bytes("4539148803436467"), "");
  EXPECT_EQ(in_bytes("card: 4539148803436467"), "card 4539148803436467 checksum");
  EXPECT_EQ(in_text("the box is CSQU3054383, tesu 100200-5"),
            "container CSQU3054383 checksum\ncontainer TESU1002005 checksum");
  EXPECT_EQ(in_text("CSQU3054384 CSQX3054383 XCSQU3054383"), "");
  EXPECT_EQ(in_bytes("CSQU3054383"), "container CSQU3054383 checksum");
}

// Both phrases were made for this test from random numbers, by another program.
constexpr std::string_view kTwelve = "latin left earth fiber adult sense version stand frozen unusual parade entry";
constexpr std::string_view kTwentyFour =
    "few celery grief narrow alcohol road call together comic mesh once island limit bird sample man high race loop "
    "salmon neutral clump riot mango";

std::string numbered(std::string_view phrase) {
  std::string text = "1. ";
  int number = 1;
  for (const char c : phrase) text += c == ' ' ? "\r\n" + std::to_string(++number) + ". " : std::string(1, c);
  return text;
}

TEST(Entities, IdsOfMessengers) {
  const std::string key = "05" + std::string("9f3c2a7be41d60885ce72bd1094fa6c3d5e8170b62a94fc8e35d71b0a64c92fe");
  EXPECT_EQ(in_text("my Session ID: " + key), "session-id " + key + " grammar");
  EXPECT_EQ(in_bytes("{\"session\":\"" + key + "\"}"), "session-id " + key + " grammar");
  EXPECT_EQ(in_text("sum " + key) + in_text("session 04" + key.substr(2)) + in_text("session " + key + "00"), "");
  EXPECT_EQ(in_text("Threema: K7H2PXW9, of *BEDRIJF"), "threema-id K7H2PXW9 none\nthreema-id *BEDRIJF none");
  EXPECT_EQ(in_text("mijn threema id is KQHPXWZT"), "threema-id KQHPXWZT none");
  EXPECT_EQ(in_text("WELCOME2 threema BERICHTEN AANDACHT k7h2pxw9 and K7H2PXW9X"), "threema-id WELCOME2 none");
  EXPECT_EQ(in_text("K7H2PXW9 is of nobody"), "");
  EXPECT_EQ(in_text("add me on sky ecc 7h8d1f or SKY PIN 4K9Z2Q"), "sky-id 7H8D1F none\nsky-id 4K9Z2Q none");
  EXPECT_EQ(in_text("sky ecc secure, sky id 123456") + in_text("a blue sky 7h8d1f"), "");
  EXPECT_EQ(in_bytes("sky ecc 7h8d1f threema K7H2PXW9"), "");  // too short to be told from a program's words
}

TEST(Entities, PhrasesOfWallets) {
  const std::string twelve = "bip39 " + std::string(kTwelve) + " checksum";
  const std::string longest = "bip39 " + std::string(kTwentyFour) + " checksum";
  for (const bool bytes : {false, true}) {
    const auto found_in = [&](const std::string& text) { return bytes ? in_bytes(text) : in_text(text); };
    EXPECT_EQ(found_in(std::string(kTwelve)), twelve);
    EXPECT_EQ(found_in("mijn woorden: " + std::string(kTwelve) + "."), twelve);
    EXPECT_EQ(found_in("wallet seed\n" + std::string(kTwelve) + "\nlater"), twelve);
    EXPECT_EQ(found_in(numbered(kTwelve)), twelve);
    EXPECT_EQ(found_in("\x01\x02" + numbered(kTwentyFour) + "\x03"), longest);
    std::string other(kTwelve);
    std::ranges::transform(other, other.begin(), [](char c) { return static_cast<char>(std::toupper(c)); });
    EXPECT_EQ(found_in(other), twelve);
    // Wherever it lies among the blocks, and in both encodings.
    for (std::size_t shift = 0; shift < 70; ++shift) {
      const std::string text = std::string(shift, '\x01') + std::string(kTwentyFour) + "\x01";
      EXPECT_EQ(found_in(text), longest) << shift;
    }
    // One word other, one more, one less; a word over and over; words that are joined.
    std::string wrong(kTwelve);
    wrong.replace(0, wrong.find(' '), "zoo");
    EXPECT_EQ(found_in(wrong), "");
    EXPECT_EQ(found_in(std::string(kTwelve) + " zoo"), "");
    EXPECT_EQ(found_in(std::string(kTwelve.substr(kTwelve.find(' ') + 1))), "");
    EXPECT_EQ(found_in("abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"),
              "");
    std::string joined(kTwelve);
    joined[joined.find(' ')] = '-';
    EXPECT_EQ(found_in(joined), "");
  }
  EXPECT_EQ(in_bytes(wide(kTwelve)), twelve);
}

TEST(Entities, NumbersOfDevices) {
  EXPECT_EQ(in_text("IMEI: 49-015420-323751-8"), "imei 490154203237518 checksum");
  EXPECT_EQ(in_text("imei 490154203237518"), "imei 490154203237518 checksum");
  EXPECT_EQ(in_text("490154203237518 and imei 490154203237519"), "");
  EXPECT_EQ(in_text("imsi 206011234567890"), "imsi 206011234567890 grammar");
  EXPECT_EQ(in_text("206011234567890"), "");
  EXPECT_EQ(in_bytes("\x02"
                     "8932256633438633591\x02"),
            "iccid 8932256633438633591 checksum");
  EXPECT_EQ(in_text("8932256633438633592"), "");
  EXPECT_EQ(in_text("host 192.168.1.20 and 10.0.0.5:22"), "ipv4 192.168.1.20 grammar\nipv4 10.0.0.5 grammar");
  EXPECT_EQ(in_text("version 1.2.3.4 of 1.2.3.4 and 1.2.3.4.5 ip 999.1.1.1 ip 01.2.3.4"), "");
  EXPECT_EQ(in_text("at 2001:0DB8:0:0::ff00:42:8329 now"), "ipv6 2001:db8::ff00:42:8329 grammar");
  EXPECT_EQ(in_text("std::vector 10:20:30 2001:db8 ::1 dead::beef:1"), "");
  EXPECT_EQ(in_text("3C:22:FB:0a:11:9E, 3c-22-fb-0a-11-9f"),
            "mac 3c:22:fb:0a:11:9e grammar\nmac 3c:22:fb:0a:11:9f grammar");
  EXPECT_EQ(in_text("00:00:00:00:00:01 10:20:30:40:50:60 3C:22:FB:0a:11:9E:01"), "");
  EXPECT_EQ(in_text("mac 10:20:30:40:50:60"), "mac 10:20:30:40:50:60 grammar");
}

TEST(Entities, Wallets) {
  for (const std::string_view one :
       {"btc 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "btc 3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
        "btc bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        "btc bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        "eth 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "eth 0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "ltc LM2WMpR1Rp6j3Sa59cMXMs1SPzj9eXpGc1", "trx TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC"}) {
    const std::string address(one.substr(4)), want = std::string(one) + " checksum";
    EXPECT_EQ(in_text("naar " + address + "."), want);
    EXPECT_EQ(in_bytes("\xff" + address + "\x01"), want);
    EXPECT_EQ(in_bytes("\xff" + wide(address) + "\x01"), want);
    EXPECT_EQ(in_text("x" + address), "");
    std::string wrong = address;
    wrong[20] = wrong[20] == '4' ? '5' : '4';
    EXPECT_EQ(in_text(wrong), "") << wrong;
    EXPECT_EQ(in_bytes(wrong), "") << wrong;
  }
  EXPECT_EQ(in_text("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4"),
            "btc bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4 checksum");
  EXPECT_EQ(in_text(kMoneroAddress), "xmr " + std::string(kMoneroAddress) + " checksum");
  std::string wrong(kMoneroAddress);
  wrong[50] = 'x';
  EXPECT_EQ(in_text(wrong), "");
  // In one case alone nothing checks it.
  const std::string small = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed";
  EXPECT_EQ(in_text("digest " + small), "");
  EXPECT_EQ(in_text("mijn wallet: " + small), "eth " + small + " grammar");
}

TEST(Entities, KeysAndPlaces) {
  const std::string key =
      "-----BEGIN PGP PUBLIC KEY BLOCK-----\nVersion: x 1\n\nmQENBFexampleAndMoreOfIt\nAbCd\n=wXyZ\n-----END PGP "
      "PUBLIC KEY "
      "BLOCK-----";
  const std::string found = in_text("my key:\n" + key + "\n");
  EXPECT_TRUE(found.starts_with("pgp-key PGP PUBLIC KEY BLOCK sha256:")) << found;
  std::string other_lines;
  for (const char c : key) other_lines += c == '\n' ? std::string("\r\n") : std::string(1, c);
  EXPECT_EQ(in_bytes(other_lines), found);
  EXPECT_EQ(in_text("-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA0Z3VS5JJcds3xf"),
            "ssh-key RSA PRIVATE KEY grammar");
  EXPECT_EQ(in_text("-----BEGIN CERTIFICATE-----\nMIIEpAIBAAKCAQEA0Z3VS5JJcds3xf"), "");
  // What a program compares with.
  EXPECT_EQ(
      in_bytes(std::string("-----BEGIN OPENSSH PRIVATE KEY-----\n\0-----END OPENSSH PRIVATE KEY-----\n\0abc", 76)), "");
  const std::string ssh = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
  EXPECT_EQ(in_text(ssh + " an@host"), "ssh-key " + ssh + " grammar");
  EXPECT_EQ(in_text("ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"), "");
  EXPECT_EQ(in_text("51.220100, 4.40230 haven"), "gps 51.220100,4.402300 grammar");
  EXPECT_EQ(in_bytes("geo:-33.8688,151.2093"), "gps -33.868800,151.209300 grammar");
  EXPECT_EQ(in_text("91.2201, 4.4023 51.2, 4.4 0.0000,0.0000 1.1111, 2.2222, 3.3333"), "");
  EXPECT_EQ(in_bytes("51.2201,4.4023"), "");
}

// ---- what is quick must come to the same as what is slow
// -------------------------------------------------------------

const std::vector<std::string>& samples() {
  static const std::vector<std::string> all{"jan.peeters@example.org",
                                            "https://example.org/path?q=1",
                                            "+32470123456",
                                            "BE68539007547034",
                                            "CSQU3054383",
                                            "8932256633438633591",
                                            "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
                                            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
                                            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
                                            "TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC",
                                            "3C:22:FB:0a:11:9E",
                                            "2001:db8::ff00:42:8329",
                                            "ip 192.168.1.20",
                                            "geo:51.2201,4.4023",
                                            "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5v",
                                            std::string(kMoneroAddress),
                                            std::string(kTwelve),
                                            std::string(kOnionName) + ".onion"};
  return all;
}

TEST(Entities, AreFoundAtEveryAlignmentInBothEncodings) {
  for (const std::string& sample : samples()) {
    const std::string want = in_bytes(" " + sample + " ");
    ASSERT_NE(want, "") << sample;
    for (std::size_t shift = 1; shift <= 3 * kBlockBytes; ++shift) {
      for (const bool doubled : {false, true}) {
        for (const char filler : {'\0', '\x80', ' '}) {
          std::string bytes(shift, filler);
          bytes += doubled ? wide(sample) : sample;
          bytes.append(shift % 7, filler);
          std::vector<Found> found;
          scan(as_bytes(bytes), {.setting = Setting::kBytes}, found);
          ASSERT_EQ(listed(found), want) << sample << " at " << shift << (doubled ? " wide" : "") << int(filler);
          ASSERT_EQ(found[0].wide, doubled);
          // Of those with a word in front the number alone is found, of a key its first line.
          if (sample[0] == 'i' || sample[0] == 'g' || sample[0] == '-') continue;
          ASSERT_EQ(found[0].begin, shift);
          ASSERT_EQ(found[0].end, shift + sample.size() * (doubled ? 2 : 1));
        }
      }
    }
  }
}

TEST(Entities, BlocksFindWhatASlowLookFinds) {
  std::mt19937 random(7);
  constexpr std::string_view kAlphabet = "019aAzZfF+.-@:/ \n\0x";
  for (int round = 0; round < 300; ++round) {
    std::string bytes;
    while (bytes.size() < 9000) {
      if (random() % 3 == 0) bytes += samples()[random() % samples().size()];
      const std::size_t noise = random() % 90;
      for (std::size_t i = 0; i < noise; ++i)
        bytes += round % 2 == 0 ? kAlphabet[random() % kAlphabet.size()] : static_cast<char>(random() % 128);
    }
    // No UTF-16, which the slow look does not know.
    for (std::size_t i = 1; i < bytes.size(); i += 5)
      if (bytes[i] == '\0') bytes[i] = '\x01';
    for (char& c : bytes)
      if (c == '\0') c = '\x02';
    std::vector<Found> quick, slow;
    const Options options{.setting = Setting::kBytes};
    scan_blocks(bytes, options, quick);
    scan_slowly(bytes, options, slow);
    ASSERT_EQ(listed(quick), listed(slow));
    for (std::size_t i = 0; i < quick.size(); ++i) ASSERT_EQ(quick[i].begin, slow[i].begin);
  }
}

TEST(Entities, MasksAreTheSameOnEveryMachine) {
  if (!has_vector_masks()) GTEST_SKIP() << "this machine has one way alone";
  std::mt19937 random(3);
  std::array<std::uint8_t, 16 * kBlockBytes> bytes{};
  std::array<Masks, 16> one, other;
  for (int round = 0; round < 200; ++round) {
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes.at(i) = static_cast<std::uint8_t>(round == 0 ? i : random());
    masks_portable(bytes.data(), one.size(), one.data());
    masks_vector(bytes.data(), other.size(), other.data());
    for (std::size_t i = 0; i < one.size(); ++i) {
      const Masks &a = one.at(i), &b = other.at(i);
      ASSERT_TRUE(a.alnum == b.alnum && a.digit == b.digit && a.at == b.at && a.colon == b.colon && a.sign == b.sign &&
                  a.print == b.print && a.zero == b.zero);
    }
  }
}

TEST(Entities, NothingInRandomBytes) {
  std::mt19937_64 random(11);
  std::string bytes(32u << 20, '\0');
  for (std::size_t i = 0; i + 8 <= bytes.size(); i += 8) {
    const std::uint64_t value = random();
    std::memcpy(bytes.data() + i, &value, 8);
  }
  std::vector<Found> found;
  scan(as_bytes(bytes), {.setting = Setting::kBytes}, found);
  for (const Found& one : found) EXPECT_NE(one.proof, Proof::kChecksum) << one.normalized;
  EXPECT_LE(found.size(), 2u) << listed(found);
}

TEST(Entities, CutAnywhereNothingBreaks) {
  std::string all;
  for (const std::string& sample : samples()) all += sample + " " + wide(sample);
  for (std::size_t length = 0; length <= all.size(); ++length) {
    std::vector<Found> found;
    const std::string part = all.substr(0, length);
    scan(as_bytes(part), {.setting = Setting::kBytes}, found);
    scan(as_bytes(part), {.setting = Setting::kText, .at_home = people::country_by_iso("BE")}, found);
    for (const Found& one : found) {
      ASSERT_LE(one.end, length);
      ASSERT_LT(one.begin, one.end);
    }
  }
}

}  // namespace
}  // namespace limier::entities
