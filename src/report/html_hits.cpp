// Numbers, addresses and keys, each value once: what carries a check in itself first.
#include <fmt/format.h>

#include <map>

#include "limier/catalog/artifacts.h"
#include "report/numbers.h"
#include "report/sections.h"
#include "report/talks.h"

namespace limier::report {
namespace {

constexpr int kMaxHitValues = 100;  // of each proof

struct HitGroup {
  std::string_view validated;
  Key title, meaning;
};
constexpr std::array<HitGroup, 3> kHitGroups{
    {{"checksum", "Confirmed by a check digit or digest ({})"_w,
      "Each carries a check in itself, and that is right. By chance one in ten of a card's, a SIM card's or a "
      "container's numbers passes; of wallets and bank accounts hardly any does."_w},
     {"grammar", "Of the right form ({})"_w, "Written as such a thing is written; whether it exists is not known."_w},
     {"none", "Looks like one ({})"_w, "Nothing more can be said."_w}}};

Key kind_label(std::string_view kind) {
  static const std::map<std::string_view, Key> kLabels{{"btc", "Bitcoin"_w},
                                                       {"card", "Payment card"_w},
                                                       {"container", "Shipping container"_w},
                                                       {"domain", "Host"_w},
                                                       {"email", "E-mail"_w},
                                                       {"eth", "Ethereum"_w},
                                                       {"gps", "Position"_w},
                                                       {"iban", "Bank account"_w},
                                                       {"iccid", "SIM card (ICCID)"_w},
                                                       {"imei", "IMEI"_w},
                                                       {"imsi", "IMSI"_w},
                                                       {"ipv4", "IP address"_w},
                                                       {"ipv6", "IP address (v6)"_w},
                                                       {"ltc", "Litecoin"_w},
                                                       {"mac", "MAC address"_w},
                                                       {"onion", "Onion service"_w},
                                                       {"pgp-key", "PGP key"_w},
                                                       {"phone", "Telephone"_w},
                                                       {"ssh-key", "SSH key"_w},
                                                       {"trx", "TRON"_w},
                                                       {"url", "Web address"_w},
                                                       {"xmr", "Monero"_w}};
  const auto found = kLabels.find(kind);
  return found == kLabels.end() ? Key{kind} : found->second;
}

// Of one that is in no message: the file, and what of it had to be decoded.
std::string place_of(const store::Query& query, const Words& w) {
  if (query.is_null(9)) return html_text(w("in no file"_w));
  const Excerpt path = excerpt(query.text(9), kMaxCellText);
  std::string place = quoted(path.text) + (path.left_out > 0 ? " …" : "");
  if (!query.is_null(7)) place += ", " + quoted(query.text(7));
  return place;
}

Status put_hit_group(Context& context, const HitGroup& group) {
  Page& page = context.page;
  const Words& w = context.w;
  // The place to look at first: a message, if there is one.
  LIMIER_TRY(auto query,
             context.index.query(fmt::format("SELECT e.kind, e.normalized, e.hits, e.files, e.messages, h.hit_id, "
                                             "h.message_id, h.decode_path, count(*) OVER (), (SELECT f.path "
                                             "FROM v_file f WHERE f.file_id = h.file_id) FROM v_entity e JOIN "
                                             "v_hit h ON h.rank = e.rank WHERE e.validated = '{}' ORDER BY e.rank "
                                             "LIMIT {}",
                                             group.validated, kMaxHitValues)));
  std::int64_t total = 0;
  while (query.step()) {
    if (total == 0) {
      total = query.integer(8);
      page.heading(w(group.title, grouped(total)));
      page.paragraph(group.meaning);
      page.table({}, {{"Kind"_w},
                      {"Value"_w, Align::kPath},
                      {"Places"_w, Align::kNumber},
                      {"Files"_w, Align::kNumber},
                      {"Messages"_w, Align::kNumber},
                      {"First place"_w}});
    }
    const Excerpt value = excerpt(query.text(1), kMaxCellText);
    page.row({html_text(w(kind_label(query.text(0)))), quoted(value.text) + (value.left_out > 0 ? " …" : ""),
              grouped(query.integer(2)), grouped(query.integer(3)), grouped(query.integer(4)),
              query.is_null(6) ? fmt::format("hit:{}, {}", query.integer(5), place_of(query, w))
                               : fmt::format("hit:{}, message:{}", query.integer(5), query.integer(6))});
  }
  LIMIER_CHECK(query.status());
  if (total == 0) return ok_status();
  page.end_table();
  if (total > kMaxHitValues) page.note(w("{} more values in {}."_w, grouped(total - kMaxHitValues), "hits.csv"));
  return ok_status();
}

}  // namespace

Status put_hits_section(Context& context) {
  Page& page = context.page;
  if (!has_kinds(context.facts, kHitKinds)) {
    page.paragraph(nothing_came(context.facts));
    return ok_status();
  }
  LIMIER_TRY(auto scope, context.index.query("SELECT max(scope_sha256) FROM v_run"));
  const bool in_bytes = scope.step() && scope.is_null(0);
  LIMIER_CHECK(scope.status());
  page.paragraph(
      in_bytes ? "Looked for in all bytes of the medium as they lie, those of files and those of nobody, and in "
                 "the texts of rows that came out of files: messages, contacts, calls, accounts, the web and "
                 "others; also inside of office documents, ZIP and gzip. What is packed in other ways, as PDF, 7z and "
                 "applications are, was not searched inside."_w
               : "Looked for in the texts of rows that came out of files: messages, contacts, calls, accounts, "
                 "the web and others. Other bytes were not searched: they do not say whose they are, so that the "
                 "scope could not be held to them."_w);
  page.paragraph(
      "Each value once, those of messages before others, rare ones before those that are everywhere; all places are in "
      "<code>hits.csv</code>."_w);
  for (const HitGroup& group : kHitGroups) LIMIER_CHECK(put_hit_group(context, group));
  return ok_status();
}

}  // namespace limier::report
