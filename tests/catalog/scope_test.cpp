#include "limier/catalog/scope.h"

#include <gtest/gtest.h>

#include "limier/catalog/artifacts.h"
#include "limier/catalog/messages.h"
#include "limier/catalog/people.h"

namespace limier::catalog {
namespace {

constexpr std::int64_t kDay = 86'400'000'000'000;

std::shared_ptr<const Scope> scope_of(std::vector<std::string> persons, std::vector<std::string> terms) {
  ScopeText text;
  text.title = "t";
  text.masks.push_back({"because", std::move(persons), std::move(terms)});
  auto scope = Scope::make(std::move(text));
  EXPECT_TRUE(scope.ok()) << (scope.ok() ? "" : scope.error().message);
  return scope.ok() ? *scope : nullptr;
}

bool hides(const std::shared_ptr<const Scope>& scope, std::string_view text) {
  return scope->hides(text) != nullptr;
}

TEST(Scope, TermsAreFoundInEverySpelling) {
  const auto scope = scope_of({}, {"Zwalüw dossier", "слово"});
  for (const char* text :
       {"zwaluw dossier", "HET ZWALUW-DOSSIER", "zwalu\xCC\x88w  dossier", "prezwaluwdossier zwaluw\n dossiers",
        "zwal\xE2\x80\x8Buw dossier", "q=zwaluw%20dossier", "q=zwal%C3%BCw+dossier", "ОДНО СЛОВО"})
    EXPECT_TRUE(hides(scope, text)) << text;
  for (const char* text : {"zwaluw", "dossier zwaluw", "zwaluwdossier", ""}) EXPECT_FALSE(hides(scope, text)) << text;
}

TEST(Scope, NumbersAreFoundInEverySpelling) {
  const auto scope = scope_of({"+32 470 99 98 88"}, {});
  for (const char* text :
       {"0470/99.98.88", "0032470999888", "32470999888@s.whatsapp.net", "bel 0470 99 98 88!", "(0470) 999-888"})
    EXPECT_TRUE(hides(scope, text)) << text;
  for (const char* text : {"0470 99 98 89", "470", "99 98 88", "04709 99:888"})
    EXPECT_FALSE(hides(scope, text)) << text;
}

TEST(Scope, AShortNumberMustStandAlone) {
  const auto scope = scope_of({"12345"}, {});
  EXPECT_TRUE(hides(scope, "code 12345."));
  EXPECT_TRUE(hides(scope, "12345 / 678"));
  EXPECT_FALSE(hides(scope, "9123456"));
}

TEST(Scope, AnAddressWithANumberIsBoth) {
  const auto scope = scope_of({"32470999888@s.whatsapp.net"}, {});
  EXPECT_TRUE(hides(scope, "0470999888"));
  EXPECT_FALSE(hides(scope, "s.whatsapp.net"));
}

TEST(Scope, PathsKeepTheirOtherParts) {
  const auto scope = scope_of({}, {"secret", "over several"});
  const std::string* why = nullptr;
  EXPECT_EQ(scope->mask_path("/a/Secret files/b.txt", &why), "/a/[masked]/b.txt");
  ASSERT_NE(why, nullptr);
  EXPECT_EQ(*why, "because");
  EXPECT_EQ(scope->mask_path("/a/b/", &why), "/a/b/");
  EXPECT_EQ(scope->mask_path("secret", &why), "[masked]");
  EXPECT_EQ(scope->mask_path("/over/several/x", &why), "/[masked]/[masked]/[masked]");
}

TEST(Scope, ARowIsHiddenByAnyOfItsTexts) {
  const auto scope = scope_of({"An Lawyer"}, {});
  Message message;
  message.thread = "12";
  EXPECT_EQ(scope->hides_row(kKindOf<Message>, cells_of(message)), nullptr);
  message.recipients = "x; an lawyer";
  EXPECT_NE(scope->hides_row(kKindOf<Message>, cells_of(message)), nullptr);
  Contact contact;
  contact.place.locator = "vcard:AN LAWYER";
  EXPECT_NE(scope->hides_row(kKindOf<Contact>, cells_of(contact)), nullptr);
}

TEST(Scope, WhatIsNobodysIsHiddenWherePersonsAre) {
  Message message;
  message.body = "text";
  message.sender = "owner";
  Artifact fragment;
  fragment.kind = "fragment";
  for (const bool persons : {false, true}) {
    const auto scope = persons ? scope_of({"An Lawyer"}, {}) : scope_of({}, {"An Lawyer"});
    EXPECT_EQ(scope->hides_row(kKindOf<Message>, cells_of(message)) != nullptr, persons);
    EXPECT_EQ(scope->hides_row(kKindOf<Artifact>, cells_of(fragment)) != nullptr, persons);
  }
}

TEST(Scope, ThePeriodIsOfWhatHappened) {
  ScopeText text;
  text.title = "t";
  text.from_ns = 10 * kDay;
  text.until_ns = 20 * kDay;
  const auto made = Scope::make(std::move(text));
  ASSERT_TRUE(made.ok());
  const auto hidden = [&](std::optional<std::int64_t> sent, std::optional<std::int64_t> received) {
    Message message;
    message.t_ns = sent;
    message.received_ns = received;
    return (*made)->hides_row(kKindOf<Message>, cells_of(message)) != nullptr;
  };
  EXPECT_FALSE(hidden(10 * kDay, std::nullopt));
  EXPECT_FALSE(hidden(20 * kDay - 1, 30 * kDay));
  EXPECT_TRUE(hidden(10 * kDay - 1, std::nullopt));
  EXPECT_TRUE(hidden(20 * kDay, std::nullopt));
  EXPECT_FALSE(hidden(std::nullopt, 15 * kDay));
  EXPECT_TRUE(hidden(std::nullopt, std::nullopt)) << "nothing shows that it is in the period";
  Contact contact;
  contact.t_ns = 30 * kDay;
  EXPECT_EQ((*made)->hides_row(kKindOf<Contact>, cells_of(contact)), nullptr);
}

TEST(Scope, WhatIsWrongIsSaidWithoutTheWords) {
  const auto problem = [](std::string title, std::string reason, std::vector<std::string> persons,
                          std::vector<std::string> terms) {
    ScopeText text;
    text.title = std::move(title);
    if (!reason.empty()) text.masks.push_back({std::move(reason), std::move(persons), std::move(terms)});
    const auto made = Scope::make(std::move(text));
    return made.ok() ? std::string("good") : made.error().message;
  };
  EXPECT_EQ(problem("t", "r", {}, {"word"}), "good");
  for (const std::string& said :
       {problem("t", "", {}, {}), problem("a word", "r", {}, {"word"}), problem("t", "WORD", {}, {"word"}),
        problem("t", "r", {}, {"wo"}), problem("t", "r", {"1234"}, {}), problem("t", "r", {}, {"..."})}) {
    EXPECT_NE(said, "good");
    EXPECT_EQ(said.find("1234"), std::string::npos);
  }
}

}  // namespace
}  // namespace limier::catalog
