// A kind of row that is declared here, and nowhere else, is found in every table, view and on the wire.
#include "store/declared_rows.h"

#include <gtest/gtest.h>

#include "store/fixture.h"

namespace limier::store {
namespace {

enum class Weather : std::int8_t { kNone = -1, kFair, kFoul };
constexpr std::array<std::string_view, 2> kWeatherWords{"fair", "foul"};

struct Sighting {
  static constexpr catalog::KindInfo kKind{.name = "sighting",
                                           .plural = "sightings",
                                           .title = "Sightings",
                                           .meaning = "Bloodhounds that were seen.",
                                           .summary = "name || ' in ' || weather"};
  static constexpr auto columns() {
    using catalog::As, catalog::Column;
    return std::tuple{
        Column{"name", &Sighting::name, As::kText, "of the dog"},
        Column{"legs", &Sighting::legs, As::kInteger, "how many"},
        Column{"weight", &Sighting::weight_kg, As::kReal, "in kg"},
        Column{"wet", &Sighting::wet, As::kFlag, "it had rained"},
        Column{"t", &Sighting::t_ns, As::kTime, "when"},
        Column{"left", &Sighting::left_ns, As::kTime, "when it left"},
        Column{"weather", &Sighting::weather, kWeatherWords, "of that day"},
        Column{&Sighting::message, "message", "that told of it"},
    };
  }

  catalog::RowPlace place;
  std::string name;
  std::int64_t legs = 4;
  double weight_kg = 40;
  bool wet = false;
  std::optional<std::int64_t> t_ns, left_ns;
  Weather weather = Weather::kNone;
  std::string message;
};

class DeclaredKind : public testing::StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    create();
    volume(1, 0, 500'000);
    file(1, "/dogs.db", 30, 4096, 100);
    file(2, "/other.db", 31, 8192, 100);
    check(writer_->build_catalog());
    check(writer_->choose_items({.parser = "kennel", .version = "1", .path_globs = {"*.db"}, .lead = true}));
    auto waiting = writer_->waiting_items();
    ASSERT_TRUE(waiting.ok());
    items_ = *waiting;
    ASSERT_EQ(items_.size(), 2u);
  }
  template <catalog::Row T>
  void row_of(std::size_t item, const T& row) {
    check(writer_->add_row(items_[item].item_id, catalog::kKindOf<T>, "kennel", "1", catalog::cells_of(row)));
  }
  void finish() {
    sweep();
    check(writer_->finish_evidence(digest_of({}, kAllDigests), Verdict::kVerified, true));
    check(writer_->settle_content());
    check(writer_->build_coverage());
    close();
  }
  catalog::ExtraKind extra_{catalog::kKindOf<Sighting>};
  std::vector<ItemRow> items_;
};

Sighting sighting(std::string name, std::string locator) {
  Sighting row;
  row.place.locator = std::move(locator);
  row.place.state = catalog::RowState::kLive;
  row.place.source = catalog::RowSource::kWal;
  row.place.page = 7;
  row.name = std::move(name);
  row.t_ns = 1'500'000'000'000'000'000;
  row.weather = Weather::kFoul;
  row.message = "m:1";
  return row;
}

TEST_F(DeclaredKind, ContentsAreChosenByNameOrByTheEndOfAPath) {
  check(writer_->choose_items({.parser = "by-name", .version = "1", .file_names = {"dogs.db", "cats.db"}}));
  check(writer_->choose_items({.parser = "by-end", .version = "1", .file_names = {"*/other.db"}}));
  check(writer_->choose_items({.parser = "elsewhere", .version = "1", .file_names = {"*/x/other.db"}}));
  check(writer_->choose_items({.parser = "glob", .version = "1", .path_globs = {"/D*.db", "*/Other.DB"}}));
  finish();
  EXPECT_EQ(rows("SELECT parser, file_id FROM v_item ORDER BY 1, 2"),
            "by-end|2\nby-name|1\nglob|1\nglob|2\nkennel|1\nkennel|2");
}

TEST_F(DeclaredKind, ComeBackFromTheirView) {
  // The second content is done first; ids follow the contents.
  catalog::Message message;
  message.place.locator = "m:1";
  message.body = "seen it";
  row_of(1, sighting("Zorro", "s:1"));
  row_of(1, message);
  check(writer_->finish_item(items_[1].item_id, catalog::ItemState::kParsed, 1, ""));
  row_of(0, sighting("Anubis\xFF", "s:1"));
  row_of(0, sighting("Bella", "s:2"));
  check(writer_->finish_item(items_[0].item_id, catalog::ItemState::kParsed, 2, ""));
  finish();
  EXPECT_EQ(
      rows("SELECT sighting_id, name, hex(name_raw), legs, weight, wet, t, t_ns, left, weather, message_id, "
           "file_id, locator, parser, parser_version, state, source, page FROM v_sighting ORDER BY sighting_id"),
      "1|Anubis\xEF\xBF\xBD|416E75626973FF|4|40.0|0|2017-07-14T02:40:00.000000000Z|1500000000000000000|-|foul|-|1|s:"
      "1|kennel|1|live|wal|7\n"
      "2|Bella||4|40.0|0|2017-07-14T02:40:00.000000000Z|1500000000000000000|-|foul|-|1|s:2|kennel|1|live|wal|7\n"
      "3|Zorro||4|40.0|0|2017-07-14T02:40:00.000000000Z|1500000000000000000|-|foul|1|2|s:1|kennel|1|live|wal|7");
  EXPECT_EQ(
      rows("SELECT t, source, file_id, path, description, zone_basis FROM v_timeline WHERE source = 'sighting' AND "
           "file_id = 2"),
      "2017-07-14T02:40:00.000000000Z|sighting|2|/other.db|Zorro in foul|utc");
  EXPECT_EQ(rows("SELECT content_id & 255, file_id, parser, state, attempts, rows FROM v_item ORDER BY 1"),
            "1|1|kennel|parsed|2|2\n2|2|kennel|parsed|1|2");
}

TEST_F(DeclaredKind, OfAnItemThatWasNotFinishedAreDropped) {
  row_of(0, sighting("Ghost", "s:1"));
  row_of(1, sighting("Zorro", "s:1"));
  check(writer_->drop_item(items_[1].item_id));
  check(writer_->finish_item(items_[1].item_id, catalog::ItemState::kQuarantined, 2, "signal 11 (SEGV)"));
  finish();
  EXPECT_EQ(rows("SELECT count(*) FROM v_sighting"), "0");
  EXPECT_EQ(rows("SELECT state, reason FROM v_item ORDER BY item_id"),
            "not-read|the run ended before\nquarantined|signal 11 (SEGV)");
  EXPECT_EQ(rows("SELECT reason, items FROM v_not_examined WHERE what = 'content' ORDER BY 1"),
            "not read: the run ended before|1\nquarantined: signal 11 (SEGV)|1");
}

TEST_F(DeclaredKind, TravelAsTheyAre) {
  const auto sent = catalog::cells_of(sighting("Anubis", "s:1"));
  Encoder out;
  catalog::put_cells(out, sent);
  const auto bytes = out.take();
  Decoder in{Bytes(bytes)};
  std::vector<catalog::RowCell> got;
  ASSERT_TRUE(catalog::get_cells(in, catalog::kKindOf<Sighting>, got));
  EXPECT_TRUE(in.at_end());
  EXPECT_EQ(got, sent);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Decoder cut{Bytes(bytes).first(size)};
    EXPECT_FALSE(catalog::get_cells(cut, catalog::kKindOf<Sighting>, got)) << size;
  }
}

TEST_F(DeclaredKind, WhatNoWorkerCanMeanIsRefused) {
  const auto refused = [](std::size_t at, catalog::RowCell cell) {
    auto cells = catalog::cells_of(sighting("Anubis", "s:1"));
    cells[at] = std::move(cell);
    Encoder out;
    catalog::put_cells(out, cells);
    Decoder in(out.bytes());
    return !catalog::get_cells(in, catalog::kKindOf<Sighting>, cells);
  };
  const std::size_t first = catalog::kPlaceCells;
  EXPECT_TRUE(refused(first, std::int64_t{7})) << "a number for a name";
  EXPECT_TRUE(refused(first + 3, std::int64_t{2})) << "a flag that is 2";
  EXPECT_TRUE(refused(first + 6, std::int64_t{2})) << "a word there is not";
  EXPECT_TRUE(refused(first + 6, std::int64_t{-1}));
  EXPECT_TRUE(refused(1, std::int64_t{99})) << "a state there is not";
  EXPECT_FALSE(refused(first + 1, std::int64_t{-5}));
}

}  // namespace
}  // namespace limier::store
