#include <gtest/gtest.h>

#include "limier/people.h"

namespace limier::people {
namespace {

std::string number(std::string_view stored, std::string_view iso) {
  return normal_number(stored, country_by_iso(iso));
}
std::string party(std::string_view stored, std::string_view service = "", std::string_view iso = "") {
  const auto found = party_of(stored, service, country_by_iso(iso));
  return found ? std::string(found->kind) + " " + found->normalized : "";
}

TEST(Numbers, WithACountryCode) {
  EXPECT_EQ(number("+32 470 12 34 56", ""), "+32470123456");
  EXPECT_EQ(number("0032470123456", "FR"), "+32470123456");
  EXPECT_EQ(number("+32 (0)470/12.34.56", ""), "+32470123456");
  EXPECT_EQ(number("+39 (0)6 1234 5678", ""), "+390612345678");  // there the 0 belongs to the number
}

TEST(Numbers, WithoutOneAreOfTheDevicesCountry) {
  EXPECT_EQ(number("0470/12.34.56", "be"), "+32470123456");
  EXPECT_EQ(number("06 12 34 56 78", "FR"), "+33612345678");
  EXPECT_EQ(number("06-12345678", "NL"), "+31612345678");
  EXPECT_EQ(number("612345678", "ES"), "+34612345678");
  EXPECT_EQ(number("06 1234 5678", "IT"), "+390612345678");
  EXPECT_EQ(number("0470123456", ""), "");
  EXPECT_EQ(number("470123456", "BE"), "");  // not as it is dialled there
  EXPECT_EQ(number("(202) 555-0143", "US"), "+12025550143");
  EXPECT_EQ(number("1 202 555 0143", "US"), "+12025550143");
}

TEST(Numbers, WhatIsNone) {
  for (const char* text : {"", "112", "8850", "KBC", "+", "+0470123456", "0470 12 34 5x", "+3247012345678901", "0800"})
    EXPECT_EQ(number(text, "BE"), "") << text;
}

TEST(Countries, ByWhatADeviceSays) {
  EXPECT_EQ(country_by_mcc("206011234567890")->iso, "BE");
  EXPECT_EQ(country_by_mcc("311480000000000")->iso, "US");
  EXPECT_EQ(country_by_mcc("001010000000000"), nullptr);  // of test networks
  EXPECT_EQ(country_by_mcc("20"), nullptr);
  EXPECT_EQ(country_of_number("+33612345678")->iso, "FR");
  EXPECT_EQ(country_of_number("+12025550143"), nullptr);  // of many countries
  EXPECT_EQ(country_by_iso("xx"), nullptr);
}

TEST(Parties, InTheFormsOfApplications) {
  EXPECT_EQ(party("32470123456@s.whatsapp.net", "WhatsApp"), "number +32470123456");
  EXPECT_EQ(party("32470123456.0:12@s.whatsapp.net", "WhatsApp"), "number +32470123456");
  EXPECT_EQ(party("p:+32470123456", "iMessage"), "number +32470123456");
  EXPECT_EQ(party("e:Jan@Example.ORG", "iMessage"), "email jan@example.org");
  EXPECT_EQ(party("tel:+32470123456"), "number +32470123456");
  EXPECT_EQ(party("Jan <jan@example.org>", "E-mail"), "email jan@example.org");
  EXPECT_EQ(party("Jan.1985", "Snapchat"), "handle snapchat:jan.1985");
  EXPECT_EQ(party("123456789", "Telegram"), "handle telegram:123456789");
}

TEST(Parties, DigitsOfAnApplicationAreNoNumberOfTheCountry) {
  EXPECT_EQ(party("612345678", "Telegram", "ES"), "handle telegram:612345678");
  EXPECT_EQ(party("5031776152", "Telegram", "US"), "handle telegram:5031776152");
  EXPECT_EQ(party("612345678", "org.telegram.messenger", "ES"), "handle org.telegram.messenger:612345678");
  EXPECT_EQ(party("612345678", "SMS", "ES"), "number +34612345678");
  EXPECT_EQ(party("112", "Phone", "BE"), "");
  EXPECT_EQ(party("Voicemail", "Phone", "BE"), "");
  // With or without the country's code: both can be read.
  EXPECT_EQ(number("34612345678", "ES"), "");
  EXPECT_EQ(number("4512345678", "DK"), "");
}

TEST(Parties, WhoIsNobody) {
  for (const char* text : {"32470123456-1612345678@g.us", "status@broadcast", "12345@lid", "120363@newsletter"})
    EXPECT_EQ(party(text, "WhatsApp", "BE"), "") << text;
  EXPECT_EQ(party("bpost", "SMS", "BE"), "");
  EXPECT_EQ(party("8850", "SMS", "BE"), "");
  EXPECT_EQ(party("", "Telegram"), "");
  EXPECT_EQ(normal_email("Ga\xc3\xab"
                         "tan@Example.org"),
            "ga\xc3\xab"
            "tan@example.org");
  EXPECT_EQ(normal_email("a@b"), "");
  EXPECT_EQ(normal_email("a b@example.org"), "");
  EXPECT_EQ(normal_email("@example.org"), "");
}

TEST(DeviceIds, HaveTheirLengthsAndCheckDigits) {
  EXPECT_EQ(normal_device_id("imei", "49-015420-323751-8"), "490154203237518");
  EXPECT_EQ(normal_device_id("imei", "490154203237517"), "");
  EXPECT_EQ(normal_device_id("imei", "000000000000000"), "");
  EXPECT_EQ(normal_device_id("imei", "4901542032375101"), "49015420323751");  // with the version of the software
  EXPECT_EQ(normal_device_id("imsi", "206011234567890"), "206011234567890");
  EXPECT_EQ(normal_device_id("iccid", "8932020000000000001"), "8932020000000000001");
  EXPECT_EQ(normal_device_id("iccid", "1234"), "");
}

}  // namespace
}  // namespace limier::people
