#include <algorithm>
#include <array>
#include <charconv>

#include "limier/people.h"

namespace limier::people {
namespace {

struct Entry {
  Country country;
  unsigned first_mcc = 0, last_mcc = 0;
};

// Calling code 1 and 7 are shared: the first entry of a code stands for it when a number is asked for its country only
// where no other has it. By ISO code.
constexpr std::array kEntries = std::to_array<Entry>({
    {{"AD", "376", ""}, 213, 213},  {{"AE", "971", "0"}, 424, 424}, {{"AF", "93", "0"}, 412, 412},
    {{"AL", "355", "0"}, 276, 276}, {{"AM", "374", "0"}, 283, 283}, {{"AO", "244", ""}, 631, 631},
    {{"AR", "54", "0"}, 722, 722},  {{"AT", "43", "0"}, 232, 232},  {{"AU", "61", "0"}, 505, 505},
    {{"AW", "297", ""}, 363, 363},  {{"AZ", "994", "0"}, 400, 400}, {{"BA", "387", "0"}, 218, 218},
    {{"BD", "880", "0"}, 470, 470}, {{"BE", "32", "0"}, 206, 206},  {{"BF", "226", ""}, 613, 613},
    {{"BG", "359", "0"}, 284, 284}, {{"BH", "973", ""}, 426, 426},  {{"BI", "257", ""}, 642, 642},
    {{"BJ", "229", ""}, 616, 616},  {{"BN", "673", ""}, 528, 528},  {{"BO", "591", "0"}, 736, 736},
    {{"BR", "55", "0"}, 724, 724},  {{"BT", "975", ""}, 402, 402},  {{"BW", "267", ""}, 652, 652},
    {{"BY", "375", "8"}, 257, 257}, {{"BZ", "501", ""}, 702, 702},  {{"CA", "1", "1"}, 302, 302},
    {{"CD", "243", "0"}, 630, 630}, {{"CF", "236", ""}, 623, 623},  {{"CG", "242", ""}, 629, 629},
    {{"CH", "41", "0"}, 228, 228},  {{"CI", "225", ""}, 612, 612},  {{"CL", "56", ""}, 730, 730},
    {{"CM", "237", ""}, 624, 624},  {{"CN", "86", "0"}, 460, 461},  {{"CO", "57", "0"}, 732, 732},
    {{"CR", "506", ""}, 712, 712},  {{"CU", "53", "0"}, 368, 368},  {{"CV", "238", ""}, 625, 625},
    {{"CW", "599", ""}, 362, 362},  {{"CY", "357", ""}, 280, 280},  {{"CZ", "420", ""}, 230, 230},
    {{"DE", "49", "0"}, 262, 262},  {{"DJ", "253", ""}, 638, 638},  {{"DK", "45", ""}, 238, 238},
    {{"DZ", "213", "0"}, 603, 603}, {{"EC", "593", "0"}, 740, 740}, {{"EE", "372", ""}, 248, 248},
    {{"EG", "20", "0"}, 602, 602},  {{"ER", "291", "0"}, 657, 657}, {{"ES", "34", ""}, 214, 214},
    {{"ET", "251", "0"}, 636, 636}, {{"FI", "358", "0"}, 244, 244}, {{"FJ", "679", ""}, 542, 542},
    {{"FO", "298", ""}, 288, 288},  {{"FR", "33", "0"}, 208, 208},  {{"GA", "241", ""}, 628, 628},
    {{"GB", "44", "0"}, 234, 235},  {{"GE", "995", "0"}, 282, 282}, {{"GF", "594", "0"}, 742, 742},
    {{"GH", "233", "0"}, 620, 620}, {{"GI", "350", ""}, 266, 266},  {{"GL", "299", ""}, 290, 290},
    {{"GM", "220", ""}, 607, 607},  {{"GN", "224", ""}, 611, 611},  {{"GP", "590", "0"}, 340, 340},
    {{"GQ", "240", ""}, 627, 627},  {{"GR", "30", ""}, 202, 202},   {{"GT", "502", ""}, 704, 704},
    {{"GW", "245", ""}, 632, 632},  {{"GY", "592", ""}, 738, 738},  {{"HK", "852", ""}, 454, 454},
    {{"HN", "504", ""}, 708, 708},  {{"HR", "385", "0"}, 219, 219}, {{"HT", "509", ""}, 372, 372},
    {{"HU", "36", "06"}, 216, 216}, {{"ID", "62", "0"}, 510, 510},  {{"IE", "353", "0"}, 272, 272},
    {{"IL", "972", "0"}, 425, 425}, {{"IN", "91", "0"}, 404, 406},  {{"IQ", "964", "0"}, 418, 418},
    {{"IR", "98", "0"}, 432, 432},  {{"IS", "354", ""}, 274, 274},  {{"IT", "39", ""}, 222, 222},
    {{"JO", "962", "0"}, 416, 416}, {{"JP", "81", "0"}, 440, 441},  {{"KE", "254", "0"}, 639, 639},
    {{"KG", "996", "0"}, 437, 437}, {{"KH", "855", "0"}, 456, 456}, {{"KM", "269", ""}, 654, 654},
    {{"KP", "850", "0"}, 467, 467}, {{"KR", "82", "0"}, 450, 450},  {{"KW", "965", ""}, 419, 419},
    {{"KZ", "7", "8"}, 401, 401},   {{"LA", "856", "0"}, 457, 457}, {{"LB", "961", "0"}, 415, 415},
    {{"LI", "423", ""}, 295, 295},  {{"LK", "94", "0"}, 413, 413},  {{"LR", "231", "0"}, 618, 618},
    {{"LS", "266", ""}, 651, 651},  {{"LT", "370", "8"}, 246, 246}, {{"LU", "352", ""}, 270, 270},
    {{"LV", "371", ""}, 247, 247},  {{"LY", "218", "0"}, 606, 606}, {{"MA", "212", "0"}, 604, 604},
    {{"MC", "377", ""}, 212, 212},  {{"MD", "373", "0"}, 259, 259}, {{"ME", "382", "0"}, 297, 297},
    {{"MG", "261", "0"}, 646, 646}, {{"MK", "389", "0"}, 294, 294}, {{"ML", "223", ""}, 610, 610},
    {{"MM", "95", "0"}, 414, 414},  {{"MN", "976", "0"}, 428, 428}, {{"MO", "853", ""}, 455, 455},
    {{"MR", "222", ""}, 609, 609},  {{"MT", "356", ""}, 278, 278},  {{"MU", "230", ""}, 617, 617},
    {{"MV", "960", ""}, 472, 472},  {{"MW", "265", "0"}, 650, 650}, {{"MX", "52", ""}, 334, 334},
    {{"MY", "60", "0"}, 502, 502},  {{"MZ", "258", ""}, 643, 643},  {{"NA", "264", "0"}, 649, 649},
    {{"NE", "227", ""}, 614, 614},  {{"NG", "234", "0"}, 621, 621}, {{"NI", "505", ""}, 710, 710},
    {{"NL", "31", "0"}, 204, 204},  {{"NO", "47", ""}, 242, 242},   {{"NP", "977", "0"}, 429, 429},
    {{"NZ", "64", "0"}, 530, 530},  {{"OM", "968", ""}, 422, 422},  {{"PA", "507", ""}, 714, 714},
    {{"PE", "51", "0"}, 716, 716},  {{"PG", "675", ""}, 537, 537},  {{"PH", "63", "0"}, 515, 515},
    {{"PK", "92", "0"}, 410, 410},  {{"PL", "48", ""}, 260, 260},   {{"PS", "970", "0"}, 0, 0},
    {{"PT", "351", ""}, 268, 268},  {{"PY", "595", "0"}, 744, 744}, {{"QA", "974", ""}, 427, 427},
    {{"RE", "262", "0"}, 647, 647}, {{"RO", "40", "0"}, 226, 226},  {{"RS", "381", "0"}, 220, 220},
    {{"RU", "7", "8"}, 250, 250},   {{"RW", "250", "0"}, 635, 635}, {{"SA", "966", "0"}, 420, 420},
    {{"SC", "248", ""}, 633, 633},  {{"SD", "249", "0"}, 634, 634}, {{"SE", "46", "0"}, 240, 240},
    {{"SG", "65", ""}, 525, 525},   {{"SI", "386", "0"}, 293, 293}, {{"SK", "421", "0"}, 231, 231},
    {{"SL", "232", "0"}, 619, 619}, {{"SM", "378", ""}, 292, 292},  {{"SN", "221", ""}, 608, 608},
    {{"SO", "252", "0"}, 637, 637}, {{"SR", "597", "0"}, 746, 746}, {{"SS", "211", "0"}, 659, 659},
    {{"SV", "503", ""}, 706, 706},  {{"SY", "963", "0"}, 417, 417}, {{"SZ", "268", ""}, 653, 653},
    {{"TD", "235", ""}, 622, 622},  {{"TG", "228", ""}, 615, 615},  {{"TH", "66", "0"}, 520, 520},
    {{"TJ", "992", "8"}, 436, 436}, {{"TL", "670", ""}, 514, 514},  {{"TM", "993", "8"}, 438, 438},
    {{"TN", "216", ""}, 605, 605},  {{"TR", "90", "0"}, 286, 286},  {{"TW", "886", "0"}, 466, 466},
    {{"TZ", "255", "0"}, 640, 640}, {{"UA", "380", "0"}, 255, 255}, {{"UG", "256", "0"}, 641, 641},
    {{"US", "1", "1"}, 310, 316},   {{"UY", "598", "0"}, 748, 748}, {{"UZ", "998", "8"}, 434, 434},
    {{"VE", "58", "0"}, 734, 734},  {{"VN", "84", "0"}, 452, 452},  {{"XK", "383", "0"}, 221, 221},
    {{"YE", "967", "0"}, 421, 421}, {{"ZA", "27", "0"}, 655, 655},  {{"ZM", "260", "0"}, 645, 645},
    {{"ZW", "263", "0"}, 648, 648},
});

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

const Country* country_by_fact(std::string_view key, std::string_view value) {
  if (key == "imsi" || key == "mcc") return country_by_mcc(value);
  if (key == "country") return country_by_iso(value);
  if (key == "phone_number") return country_of_number(value);
  // "89" and the calling code of who gave the card out (ITU-T E.118).
  if (key == "iccid") return value.starts_with("89") ? country_of_number("+" + std::string(value.substr(2))) : nullptr;
  if (key == "locale") {  // "nl-BE", "nl_BE.UTF-8"
    const auto region = value.find_first_of("-_");
    return region == std::string_view::npos ? nullptr : country_by_iso(value.substr(region + 1, 2));
  }
  return nullptr;
}

}  // namespace

const Country* country_by_iso(std::string_view iso) {
  if (iso.size() != 2) return nullptr;
  const std::array<char, 2> wanted{upper(iso[0]), upper(iso[1])};
  const auto found = std::ranges::find_if(
      kEntries, [&](const Entry& one) { return one.country.iso == std::string_view(wanted.data(), wanted.size()); });
  return found == kEntries.end() ? nullptr : &found->country;
}

const Country* country_by_mcc(std::string_view imsi_or_mcc) {
  constexpr std::size_t kDigits = 3;
  if (imsi_or_mcc.size() < kDigits) return nullptr;
  unsigned mcc = 0;
  const char* const end = imsi_or_mcc.data() + kDigits;
  if (std::from_chars(imsi_or_mcc.data(), end, mcc).ptr != end || mcc == 0) return nullptr;
  const auto found =
      std::ranges::find_if(kEntries, [&](const Entry& one) { return one.first_mcc <= mcc && mcc <= one.last_mcc; });
  return found == kEntries.end() ? nullptr : &found->country;
}

const Country* country_of_number(std::string_view plus_form) {
  if (!plus_form.starts_with('+')) return nullptr;
  const std::string_view digits = plus_form.substr(1);
  const Country* found = nullptr;
  for (const Entry& one : kEntries) {
    if (!digits.starts_with(one.country.calling)) continue;
    if (found != nullptr) return nullptr;  // calling codes are no prefixes of each other, so this one is shared
    found = &one.country;
  }
  return found;
}

const Country* country_of_device(std::span<const std::pair<std::string, std::string>> facts,
                                 std::span<const std::string> owners) {
  for (const std::string_view key : kCountryFacts)
    for (const auto& [name, value] : facts)
      if (name == key)
        if (const Country* country = country_by_fact(key, value)) return country;
  for (const std::string& owner : owners)
    if (const auto party = party_of(owner, "", nullptr); party && party->kind == "number")
      if (const Country* country = country_of_number(party->normalized)) return country;
  return nullptr;
}

}  // namespace limier::people
