#include "rules/numbers.h"

#include <gtest/gtest.h>

namespace limier::rules {
namespace {

// CSQU3054383 is the example of ISO 6346; the IBANs are those of the registry of ISO 13616.

TEST(ContainerNumbers, NeedTheirCheckDigit) {
  EXPECT_EQ(container_numbers("the box is CSQU3054383, green"), "CSQU3054383");
  EXPECT_EQ(container_numbers("csqu 305438-3"), "CSQU3054383");
  EXPECT_EQ(container_numbers("CSQU3054384"), "");
  EXPECT_EQ(container_numbers("CSQX3054383"), "");   // no category of equipment
  EXPECT_EQ(container_numbers("XCSQU3054383"), "");  // in the middle of a word
  EXPECT_EQ(container_numbers("CSQU30543831"), "");
  EXPECT_EQ(container_numbers("c sq u 3 0 5 4 3 8 3"), "");
  EXPECT_EQ(container_numbers("CSQU3054383 and TESU1002005, CSQU3054383 again"), "CSQU3054383|TESU1002005");
  EXPECT_EQ(container_numbers(""), "");
}

TEST(Ibans, NeedLengthAndRemainder) {
  EXPECT_EQ(ibans("BE68 5390 0754 7034 aub"), "BE68539007547034");
  EXPECT_EQ(ibans("op DE89370400440532013000."), "DE89370400440532013000");
  EXPECT_EQ(ibans("GB29 NWBK 6016 1331 9268 19"), "GB29NWBK60161331926819");
  EXPECT_EQ(ibans("BE68 5390 0754 7035"), "");
  EXPECT_EQ(ibans("ZZ68 5390 0754 7034"), "");
  EXPECT_EQ(ibans("BE68 5390 0754 70"), "");
  EXPECT_EQ(ibans("BE685390075470341"), "");
}

TEST(Wallets, NeedTheirChecksum) {
  // The address of twenty zero bytes, and the examples of BIP 173 and BIP 350.
  EXPECT_EQ(wallets("to 1111111111111111111114oLvT2 please"), "1111111111111111111114oLvT2");
  EXPECT_EQ(wallets("1111111111111111111114oLvT3"), "");
  EXPECT_EQ(wallets("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"), "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4");
  EXPECT_EQ(wallets("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5"), "");
  EXPECT_EQ(wallets("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"),
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0");
  EXPECT_EQ(wallets("3 and 1 are short"), "");
}

TEST(Amounts, AreNumbersWithACurrency) {
  EXPECT_EQ(largest_amount("12k"), 12000);
  EXPECT_EQ(largest_amount("3,5k cash"), 3500);
  EXPECT_EQ(largest_amount("\xe2\x82\xac 3.500 of 900 euro"), 3500);
  EXPECT_EQ(largest_amount("$40,000"), 40000);
  EXPECT_EQ(largest_amount("1 200,50 EUR"), 1200.5);
  EXPECT_EQ(largest_amount("200 km, 12.500, at 14:30 on 12/3, ak47, 5 kilo"), 0);
  EXPECT_EQ(largest_amount("0470112233 euro"), 470112233);
  EXPECT_EQ(largest_amount("1234567890123456 euro"), 0);  // a card, not a sum
  EXPECT_EQ(largest_amount("\xe2\x82\xac"), 0);
  EXPECT_EQ(largest_amount(""), 0);
}

}  // namespace
}  // namespace limier::rules
