// What else stands in files: entities found in their bytes, text, and traces of use.
#pragma once

#include "limier/catalog/rows.h"

namespace limier::catalog {

enum class Validated : std::int8_t { kChecksum, kGrammar, kNone };
inline constexpr std::array<std::string_view, 3> kValidatedWords{"checksum", "grammar", "none"};

struct Hit {
  static constexpr KindInfo kKind{.name = "hit",
                                  .plural = "hits",
                                  .title = "Numbers, addresses and keys",
                                  .meaning = "Numbers, addresses and keys, each place in which one stands.",
                                  .summary = "",
                                  .always_listed = true,
                                  .in_bytes = true};
  static constexpr auto columns() {
    return std::tuple{
        Column{"kind", &Hit::kind, As::kOwnText,
               "bip39, btc, card, container, domain, email, eth, gps, iban, iccid, imei, imsi, ipv4, ipv6, ltc, mac, "
               "onion, pgp-key, phone, session-id, sky-id, ssh-key, threema-id, trx, url, xmr (docs/entities.md); of "
               "--keywords: keyword, or the kind that the file gives it (docs/keywords.md); yara (docs/yara.md)"},
        Column{"value", &Hit::value, As::kText, "as it stands there; of yara: the rule"},
        Column{"normalized", &Hit::normalized, As::kOwnText, "the same in one spelling"},
        Column{"validated", &Hit::validated, kValidatedWords, "how sure it is that it is one"},
        Column{"encoding", &Hit::encoding, As::kOwnText, "utf-8, utf-16le, cp1252; of a row that was read: utf-8"},
        Column{"image_offset", &Hit::image_offset, As::kInteger,
               "of its first byte; NULL in decoded data, and where a row does not say where its record begins"},
        Column{
            "decode_path", &Hit::decode_path, As::kOwnText,
            "what had to be decoded to see it: the kind of row and its column, as message.body; of a packed member of "
            "an archive how it is packed, as deflate; of yara: the file of the rule; NULL: nothing, it stands in the "
            "bytes of the image"},
        Column{"context", &Hit::context, As::kText, "what stands around it"},
        Column{"rank", &Hit::rank, As::kInteger, "1: look first"},
        Column{&Hit::message, "message", "the message it stands in"},
        Column{"left_out", &Hit::left_out, As::kInteger,
               "more places of this value in the same file, which have no row; on the last that has one"},
        Column{"keyword_id", &Hit::keyword, As::kInteger, "of --keywords: which one; NULL: none of them"},
    };
  }

  RowPlace place;
  std::string kind, value, normalized;
  Validated validated = Validated::kNone;
  std::string encoding;
  std::optional<std::int64_t> image_offset;
  std::string decode_path, context;
  std::int64_t rank = 0;
  std::string message;  // locator
  std::optional<std::int64_t> left_out;
  std::optional<std::int64_t> keyword;
};

struct TextPart {
  static constexpr KindInfo kKind{.name = "text",
                                  .plural = "texts",
                                  .title = "Text of documents",
                                  .meaning = "Text that was taken out of files, part by part.",
                                  .summary = ""};
  static constexpr auto columns() {
    return std::tuple{
        Column{"part", &TextPart::part, As::kInteger, "page, sheet, slide or piece, from 1"},
        Column{"body", &TextPart::body, As::kText, "the text"},
    };
  }

  RowPlace place;
  std::int64_t part = 1;
  std::string body;
};

struct Artifact {
  static constexpr KindInfo kKind{.name = "artifact",
                                  .plural = "artifacts",
                                  .title = "Traces",
                                  .meaning = "Traces of what was done on the device.",
                                  .summary = "kind || coalesce(': ' || summary, '')"};
  static constexpr auto columns() {
    return std::tuple{
        Column{"kind", &Artifact::kind, As::kOwnText, "program-run, logon, file-opened, fragment, …"},
        Column{"t", &Artifact::t_ns, As::kTime, "when"},
        Column{"summary", &Artifact::summary, As::kText, "in one line"},
        Column{"detail", &Artifact::detail, As::kText, "JSON; its keys are documented for each kind"},
    };
  }

  RowPlace place;
  std::string kind;
  std::optional<std::int64_t> t_ns;
  std::string summary, detail;
};

}  // namespace limier::catalog
