// The same person in several stores is one row of v_party, and stored forms stay as they are.
#include <gtest/gtest.h>

#include "limier/catalog/device.h"
#include "limier/catalog/messages.h"
#include "limier/catalog/people.h"
#include "store/fixture.h"

namespace limier::store {
namespace {

constexpr std::int64_t kDay = 86'400'000'000'000;

class PartiesTest : public testing::StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    create();
    volume(1, 0, 500'000);
    file(1, "/people.db", 30, 4096, 100);
    check(writer_->build_catalog());
    check(writer_->choose_items({.parser = "kennel", .version = "1", .path_globs = {"*.db"}, .lead = true}));
    auto waiting = writer_->waiting_items();
    ASSERT_TRUE(waiting.ok());
    item_ = waiting->front().item_id;
  }
  template <catalog::Row T>
  void add(T row) {
    row.place.locator = "row:" + std::to_string(++count_);
    check(writer_->add_row(item_, catalog::kKindOf<T>, "kennel", "1", catalog::cells_of(row)));
  }
  void fact(std::string key, std::string value) {
    catalog::DeviceFact row;
    row.key = std::move(key);
    row.value = std::move(value);
    add(row);
  }
  void contact(std::string name, std::string number, std::string email = "") {
    catalog::Contact row;
    row.name = std::move(name);
    row.number = std::move(number);
    row.email = std::move(email);
    add(row);
  }
  void message(std::string service, std::string sender, std::string recipients, std::int64_t t_ns) {
    catalog::Message row;
    row.service = std::move(service);
    row.sender = std::move(sender);
    row.recipients = std::move(recipients);
    row.t_ns = t_ns;
    add(row);
  }
  void account(std::string service, std::string identifier, catalog::AccountRole role) {
    catalog::Account row;
    row.service = std::move(service);
    row.identifier = std::move(identifier);
    row.role = role;
    add(row);
  }
  void finish() {
    check(writer_->finish_item(item_, catalog::ItemState::kParsed, 1, ""));
    sweep();
    check(writer_->finish_evidence(digest_of({}, kAllDigests), Verdict::kVerified, true));
    check(writer_->settle_content());
    check(writer_->build_coverage());
    close();
  }
  std::int64_t item_ = 0;
  int count_ = 0;
};

TEST_F(PartiesTest, AreOnePersonInAllStores) {
  fact("imsi", "206010000000001");
  fact("phone_number", "0470 00 00 01");
  fact("imei", "49-015420-323751-8");
  contact("An", "0470/00.00.02");
  contact("An V", "+32470000002");
  contact("Bo", "", "Bo@Example.ORG");
  contact("Taxi", "1717");
  message("SMS", "+32470000002", "", 3 * kDay);
  message("WhatsApp", "32470000002@s.whatsapp.net", "", kDay);
  message("SMS", "", "0470 00 00 02; bo@example.org; bpost", 2 * kDay);
  catalog::Call call;
  call.party = "0032470000002";
  call.t_ns = 5 * kDay;
  add(call);
  finish();
  EXPECT_EQ(rows("SELECT kind, normalized, name, owner, contacts, messages, calls, first_ns, last_ns FROM v_party"),
            "number|+32470000001|-|1|0|0|0|-|-\n"
            "number|+32470000002|An; An V|0|2|3|1|86400000000000|432000000000000\n"
            "email|bo@example.org|Bo|0|1|1|0|172800000000000|172800000000000");
  EXPECT_EQ(rows("SELECT number, normalized FROM v_contact ORDER BY contact_id"),
            "0470/00.00.02|+32470000002\n+32470000002|+32470000002\n-|bo@example.org\n1717|-");
  EXPECT_EQ(rows("SELECT key, value, normalized FROM v_device ORDER BY device_id"),
            "imsi|206010000000001|206010000000001\nphone_number|0470 00 00 01|+32470000001\n"
            "imei|49-015420-323751-8|490154203237518");
}

TEST_F(PartiesTest, AMailboxIsOfWhoSentAndReceivedNearlyAllOfIt) {
  for (int i = 0; i < 12; ++i) {
    const std::string other = "friend" + std::to_string(i % 4) + "@example.org";
    if (i < 3)
      message("E-mail", "me@example.org", other, i * kDay);
    else
      message("E-mail", other, "me@example.org; team@example.org", i * kDay);
  }
  finish();
  EXPECT_EQ(rows("SELECT service, identifier, normalized, role, locator, parser FROM v_account"), "")
      << "the team is on three of four as well";
}

TEST_F(PartiesTest, AMailboxSaysHowManyOfItsMessagesTheOwnerIsOn) {
  for (int i = 0; i < 12; ++i) {
    const std::string other = "friend" + std::to_string(i % 4) + "@example.org";
    if (i < 3)
      message("E-mail", "Me@example.org", other, i * kDay);
    else
      message("E-mail", other, i == 11 ? "all@example.org" : "me@example.org", i * kDay);
  }
  finish();
  EXPECT_EQ(rows("SELECT service, identifier, normalized, role, locator, parser FROM v_account"),
            "E-mail|me@example.org|me@example.org|owner|mailbox:11 of 12 messages|mailbox-owner");
  EXPECT_EQ(rows("SELECT owner, messages FROM v_party WHERE normalized = 'me@example.org'"), "1|11");
}

TEST_F(PartiesTest, AListAndANewsletterOwnNoMailbox) {
  for (int i = 0; i < 30; ++i) {
    const std::string other = "friend" + std::to_string(i) + "@example.org";
    message("E-mail", other, "list@example.org", i * kDay);
  }
  finish();
  EXPECT_EQ(rows("SELECT count(*) FROM v_account"), "0");
}

TEST_F(PartiesTest, WithoutACountryANationalNumberGetsNoSpelling) {
  contact("An", "0470 00 00 02");
  contact("Bo", "+33 6 12 34 56 78");
  finish();
  EXPECT_EQ(rows("SELECT number, normalized FROM v_contact ORDER BY contact_id"),
            "0470 00 00 02|-\n+33 6 12 34 56 78|+33612345678");
}

TEST_F(PartiesTest, TheOwnersNumberSaysTheCountry) {
  account("WhatsApp", "33612345678@s.whatsapp.net", catalog::AccountRole::kOwner);
  account("WhatsApp", "32470000002@s.whatsapp.net", catalog::AccountRole::kOther);
  contact("An", "06 00 00 00 02");
  finish();
  EXPECT_EQ(rows("SELECT normalized, owner, contacts FROM v_party ORDER BY normalized"),
            "+32470000002|0|0\n+33600000002|0|1\n+33612345678|1|0");
  EXPECT_EQ(rows("SELECT normalized, role FROM v_account ORDER BY account_id"),
            "+33612345678|owner\n+32470000002|other");
}

TEST_F(PartiesTest, AnAttachmentLeadsToTheOneFileWhosePathEndsLikeIt) {
  const auto attach = [&](std::string path, std::string places = "") {
    catalog::Attachment row;
    row.path = std::move(path);
    row.places = std::move(places);
    add(row);
  };
  attach("Media/people.db", "/x/people.db; /people.db");  // one of the places is the very path
  attach("Media/people.db", "/x/people.db");              // the name alone is not enough
  attach("people.db");
  finish();
  EXPECT_EQ(rows("SELECT path, attached_file_id FROM v_attachment ORDER BY attachment_id"),
            "Media/people.db|1\nMedia/people.db|-\npeople.db|-");
}

class AttachmentsTest : public PartiesTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    create();
    volume(1, 0, 500'000);
    file(1, "/people.db", 30, 4096, 100);
    file(2, "/media/Sent/a.jpg", 31, 8192, 100);
    file(3, "/media/b.jpg", 32, 12288, 100);
    file(4, "/other/media/b.jpg", 33, 16384, 100);
    check(writer_->build_catalog());
    check(writer_->choose_items({.parser = "kennel", .version = "1", .path_globs = {"*.db"}, .lead = true}));
    auto waiting = writer_->waiting_items();
    ASSERT_TRUE(waiting.ok());
    item_ = waiting->front().item_id;
  }
};

TEST_F(AttachmentsTest, ByTheEndOfTheirPath) {
  for (const char* path : {"WhatsApp/Sent/a.jpg", "x/media/b.jpg", "/other/media/b.jpg", "elsewhere/a.jpg"}) {
    catalog::Attachment row;
    row.path = path;
    add(row);
  }
  finish();
  EXPECT_EQ(
      rows("SELECT a.path, f.path FROM v_attachment a LEFT JOIN v_file f ON f.file_id = a.attached_file_id ORDER BY "
           "attachment_id"),
      "WhatsApp/Sent/a.jpg|/media/Sent/a.jpg\nx/media/b.jpg|-\n/other/media/b.jpg|/other/media/b.jpg\n"
      "elsewhere/a.jpg|-");
}

}  // namespace
}  // namespace limier::store
