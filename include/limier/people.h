// people: numbers, addresses and handles in one spelling, so that the same person looks the same in every application.
// What is stored stays as it is; what cannot be told for certain gets no spelling.
//
// Threads: plain functions.
// Sources: ITU-T E.164 (calling codes), ITU-T E.212 (mobile country codes), ITU-T E.118 (ICCID), RFC 5321 (addresses).
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace limier::people {

// Where a number without a country code belongs.
struct Country {
  std::string_view iso;      // "BE"
  std::string_view calling;  // "32"
  std::string_view trunk;    // in front of national numbers, and left out behind the calling code: "0"; or ""
};
const Country* country_by_iso(std::string_view iso);          // in either case; nullptr: none of them
const Country* country_by_mcc(std::string_view imsi_or_mcc);  // by its first three digits
const Country* country_of_number(
    std::string_view plus_form);  // by the digits behind '+'; not for codes that countries share

// What a device says of where it is at home: keys of v_device, in the order in which they are believed.
inline constexpr std::array<std::string_view, 6> kCountryFacts{"imsi",  "mcc",          "country",
                                                               "iccid", "phone_number", "locale"};
// `facts`: keys of v_device with their values, in the order of the rows; `owners`: identifiers of the owner's accounts.
// nullptr: nothing says so.
const Country* country_of_device(std::span<const std::pair<std::string, std::string>> facts,
                                 std::span<const std::string> owners);

// "+32470123456"; "" where it is no number, or one without a country code and no country is known.
std::string normal_number(std::string_view stored, const Country* at_home);
// In lower case; "" where it is none.
std::string normal_email(std::string_view stored);
// "number", "email" or "handle" with the one spelling of it: of a number or an address in whatever form an application
// keeps it ("p:+32…", "tel:…", "32…@s.whatsapp.net"), or of an id that counts within one service alone
// ("telegram:12345"). nullopt: a group, a short number, the name of a sender of texts, nothing.
struct Party {
  std::string_view kind;
  std::string normalized;
};
std::optional<Party> party_of(std::string_view stored, std::string_view service, const Country* at_home);
// Of an IMEI, IMSI or ICCID its digits; "" where there are too few or too many, or the check digit says no.
std::string normal_device_id(std::string_view key, std::string_view stored);

}  // namespace limier::people
