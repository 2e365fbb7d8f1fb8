// Numbers and addresses in rows are hits that lead back to the row, and v_entity has each value once.
#include <gtest/gtest.h>

#include "limier/catalog/artifacts.h"
#include "limier/catalog/device.h"
#include "limier/catalog/messages.h"
#include "limier/catalog/people.h"
#include "store/fixture.h"

namespace limier::store {
namespace {

class HitsTest : public testing::StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    create();
    volume(1, 0, 500'000);
    file(1, "/one.db", 30, 4096, 100);
    file(2, "/two.db", 31, 8192, 100);
    check(writer_->build_catalog());
    check(writer_->choose_items({.parser = "kennel", .version = "1", .path_globs = {"*.db"}, .lead = true}));
    auto waiting = writer_->waiting_items();
    ASSERT_TRUE(waiting.ok());
    ASSERT_EQ(waiting->size(), 2u);
    for (const auto& item : *waiting) items_.push_back(item.item_id);
  }
  template <catalog::Row T>
  void add(T row, std::size_t item = 0) {
    row.place.locator = "row:" + std::to_string(++count_);
    row.place.file_offset = 64 * count_;
    check(writer_->add_row(items_.at(item), catalog::kKindOf<T>, "kennel", "1", catalog::cells_of(row)));
  }
  void message(std::string body, std::size_t item = 0, std::string sender = "") {
    catalog::Message row;
    row.service = "WhatsApp";
    row.service_id = "mail@inside.example";
    row.thread = "32470000009@s.whatsapp.net";
    row.sender = std::move(sender);
    row.body = std::move(body);
    add(row, item);
  }
  void finish() {
    for (const std::int64_t item : items_) check(writer_->finish_item(item, catalog::ItemState::kParsed, 1, ""));
    sweep();
    check(writer_->finish_evidence(digest_of({}, kAllDigests), Verdict::kVerified, true));
    check(writer_->settle_content());
    check(writer_->build_coverage());
    close();
  }
  std::vector<std::int64_t> items_;
  int count_ = 0;
};

TEST_F(HitsTest, LeadBackToTheirRow) {
  message("nothing in here");
  message("pay to BE68 5390 0754 7034, or mail An@Example.org", 0, "32470000001@s.whatsapp.net");
  catalog::Contact contact;
  contact.service = "Contacts";
  contact.name = "An";
  contact.number = "+32 470 00 00 01";
  add(contact, 1);
  finish();
  EXPECT_EQ(rows("SELECT kind, value, normalized, validated, decode_path, locator, message_id, file_offset, parser, "
                 "encoding, image_offset FROM v_hit ORDER BY rank"),
            "iban|BE68 5390 0754 7034|BE68539007547034|checksum|message.body|row:2|2|128|entities|utf-8|-\n"
            "email|An@Example.org|an@example.org|grammar|message.body|row:2|2|128|entities|utf-8|-\n"
            "phone|32470000001@s.whatsapp.net|+32470000001|grammar|message.sender|row:2|2|128|entities|utf-8|-\n"
            "phone|+32 470 00 00 01|+32470000001|grammar|contact.number|row:3|-|192|entities|utf-8|-");
  EXPECT_EQ(
      rows("SELECT kind, normalized, validated, hits, files, messages FROM v_entity ORDER BY rank"),
      "iban|BE68539007547034|checksum|1|1|1\nemail|an@example.org|grammar|1|1|1\nphone|+32470000001|grammar|2|2|1");
  EXPECT_EQ(rows("SELECT context FROM v_hit WHERE kind = 'iban'"),
            "pay to BE68 5390 0754 7034, or mail An@Example.org");
  EXPECT_EQ(rows("SELECT group_concat(hit_id, ' ') FROM (SELECT hit_id FROM v_hit ORDER BY hit_id)"), "1 2 3 4");
}

// As it is dialled at home: only where somebody wrote it, and only where the device says which country that is.
TEST_F(HitsTest, NumbersAreReadWhereTheDeviceIsAtHome) {
  catalog::DeviceFact fact;
  fact.key = "imsi";
  fact.value = "206010000000001";
  add(fact);
  fact.key = "imei";
  fact.value = "49-015420-323751-8";
  add(fact);
  message("bel 0470 12 34 56");
  catalog::Artifact trace;
  trace.kind = "program-run";
  trace.summary = "0470 12 34 57";
  trace.detail = "{\"to\":\"+32470123458\"}";
  add(trace);
  finish();
  EXPECT_EQ(rows("SELECT kind, normalized, validated, decode_path FROM v_hit ORDER BY hit_id"),
            "phone|+32470123458|grammar|artifact.detail\nimsi|206010000000001|grammar|device.value\n"
            "imei|490154203237518|checksum|device.value\nphone|+32470123456|grammar|message.body");
}

TEST_F(HitsTest, AValueHasAHundredPlacesInAFile) {
  for (int i = 0; i < 130; ++i) message("an@example.org and an@example.org");
  message("an@example.org", 1);
  finish();
  EXPECT_EQ(rows("SELECT count(*), sum(left_out) FROM v_hit"), "101|30");
  EXPECT_EQ(rows("SELECT hits, files, messages FROM v_entity"), "131|2|101");
}

// The order in which rows came, and from whom, makes no difference.
TEST_F(HitsTest, AreNumberedByContents) {
  message("b@example.org", 1);
  message("a@example.org", 0);
  finish();
  EXPECT_EQ(rows("SELECT hit_id, normalized, message_id FROM v_hit ORDER BY hit_id"),
            "1|a@example.org|1\n2|b@example.org|2");
}

TEST_F(HitsTest, BrokenTextsGiveNone) {
  message("\xff\xfe an@example.org\xf0\x9f");
  message(std::string(100'000, '9'));
  finish();
  EXPECT_EQ(rows("SELECT normalized FROM v_hit"), "an@example.org");
}

}  // namespace
}  // namespace limier::store
