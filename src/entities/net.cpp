#include "entities/net.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "entities/checks.h"

namespace limier::entities {
namespace {

constexpr std::size_t kLongestLocal = 64, kLongestDomain = 253, kLongestLabel = 63, kLongestUrl = kReach;
constexpr std::size_t kWordsBefore = 40, kWordsBehind = 8;

constexpr std::string_view kCountryDomains =
    " ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cc "
    "cd "
    "cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gb gd "
    "ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg "
    "kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv "
    "mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa "
    "sb sc sd se sg sh si sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug "
    "uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw ";
constexpr std::string_view kLongDomains =
    " academy accountant aero agency amsterdam app arpa art asia associates attorney auction audio auto autos bank bar "
    "bargains beer berlin best bet bid bike bio biz blog boutique brussels build builders business buzz cab cafe "
    "camera "
    "camp capital cards care careers cars casa cash casino cat center chat church city claims click clinic cloud club "
    "coach codes coffee college com community company computer condos construction consulting contractors cool coop "
    "country coupons credit creditcard cruises dance date dating day deals degree delivery democrat dental design dev "
    "digital direct directory discount doctor dog domains download earth edu education email energy engineering "
    "enterprises equipment estate events example exchange expert express fail faith family fans farm fashion finance "
    "financial fish fit fitness flights florist flowers football forsale foundation fun fund furniture futbol fyi "
    "gallery "
    "game games garden gent gift gifts gives glass global gmbh gold golf gov graphics gratis green group guide guru "
    "hamburg haus health healthcare help hockey holdings holiday home host hosting hotel house how icu immo immobilien "
    "inc industries info ink institute insure int international invalid investments irish jewelry jobs kitchen koeln "
    "lan "
    "land law lawyer lease legal life lighting limited limo link live loan loans local localhost lol london love ltd "
    "luxury maison management market marketing mba media memorial men miami mil mobi moda moe money mortgage moscow "
    "motorcycles movie museum name navy net network news ninja nyc observer one onion onl online ooo org page paris "
    "partners parts party pet photo photography photos pics pictures pink pizza place plus poker porn post press pro "
    "productions promo properties property pub pw quebec radio realty recipes red rehab rent rentals repair report "
    "republican rest restaurant review reviews rip rocks rodeo run saarland sale salon sarl school schule science "
    "security services sex sexy shiksha shoes shop shopping show singles site ski skin soccer social software solar "
    "solutions space sport store stream studio study style supplies supply support surf surgery swiss systems taipei "
    "tattoo tax taxi team tech technology tel tennis test theater tienda tips tires today tokyo tools top tours town "
    "toys trade trading training travel tube university uno vacations vegas ventures vet viajes video villas vin vip "
    "vision vlaanderen vodka vote voyage wales wang watch webcam website wedding wien wiki win wine work works world "
    "wtf xin xxx xyz yoga zone internal ";

char at(std::string_view text, std::size_t place) {
  return place < text.size() ? text[place] : '\0';
}
bool is_domain_char(char c) {
  return is_alnum(c) || c == '-' || c == '.';
}
std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), to_lower);
  return out;
}

// Labels of letters, digits and inner dashes, at least two, the last one a top-level domain.
bool is_host(std::string_view host) {
  if (host.size() > kLongestDomain) return false;
  std::size_t labels = 0;
  std::string_view last;
  while (true) {
    const std::size_t dot = host.find('.');
    const std::string_view label = host.substr(0, dot);
    if (label.empty() || label.size() > kLongestLabel || label.front() == '-' || label.back() == '-') return false;
    if (!std::ranges::all_of(label, [](char c) { return is_alnum(c) || c == '-'; })) return false;
    ++labels;
    last = label;
    if (dot == std::string_view::npos) break;
    host.remove_prefix(dot + 1);
  }
  return labels >= 2 && is_top_level(last);
}

// Headers whose ids look like addresses.
bool is_message_id(std::string_view text, std::size_t begin) {
  if (begin == 0 || text[begin - 1] != '<') return false;
  const std::string before = lower(text.substr(begin > kReach ? begin - kReach : 0, std::min(begin, kReach)));
  std::size_t head = std::string::npos;
  for (const std::string_view name :
       {"message-id:", "references:", "in-reply-to:", "content-id:", "resent-message-id:"})
    if (const auto found = before.rfind(name);
        found != std::string::npos && (head == std::string::npos || found > head))
      head = found;
  // The header goes on over lines that begin with a blank.
  for (std::size_t i = head; head != std::string::npos && i + 1 < before.size(); ++i)
    if (before[i] == '\n' && before[i + 1] != ' ' && before[i + 1] != '\t') return false;
  return head != std::string::npos;
}

std::optional<std::size_t> octet(std::string_view text, std::size_t from, unsigned& value) {
  std::size_t end = from;
  value = 0;
  while (end < text.size() && is_digit(text[end]) && end - from < 4)
    value = value * 10 + static_cast<unsigned>(text[end++] - '0');
  const bool padded = end - from > 1 && text[from] == '0';
  if (end == from || end - from > 3 || value > 255 || padded) return std::nullopt;
  return end;
}

// Where the four numbers that begin here end, if they do.
std::optional<std::size_t> ipv4_end(std::string_view text, std::size_t begin, std::array<unsigned, 4>& numbers) {
  std::size_t here = begin;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i > 0 && at(text, here++) != '.') return std::nullopt;
    const auto end = octet(text, here, numbers[i]);
    if (!end) return std::nullopt;
    here = *end;
  }
  if (is_alnum(at(text, here)) || (at(text, here) == '.' && is_digit(at(text, here + 1)))) return std::nullopt;
  return here;
}

// A value that begins a field: behind a sign that texts do not put in front of a number without a blank.
bool stands_apart(std::string_view text, std::size_t begin) {
  if (begin == 0) return true;
  const char before = text[begin - 1];
  return static_cast<unsigned char>(before) < 0x20 || static_cast<unsigned char>(before) >= 0x7f ||
         std::string_view("\"'<>:/=,;|").find(before) != std::string_view::npos;
}

}  // namespace

bool behind_letter(std::string_view text, std::size_t begin) {
  const auto byte = [&](std::size_t back) {
    return back <= begin ? static_cast<unsigned char>(text[begin - back]) : 0u;
  };
  const auto goes_on = [&](std::size_t back) { return (byte(back) & 0xc0u) == 0x80u; };
  if (!goes_on(1)) return false;
  // U+00A0 to 00BF are signs, and so are U+2000 to 206F: quotes, dashes, blanks.
  if (byte(2) >= 0xc3u && byte(2) <= 0xdfu) return true;
  return goes_on(2) && byte(3) >= 0xe0u && byte(3) <= 0xefu &&
         !(byte(3) == 0xe2u && (byte(2) == 0x80u || byte(2) == 0x81u));
}

bool is_top_level(std::string_view label) {
  constexpr std::size_t kShortest = 2, kLongest = 18;
  if (label.size() < kShortest || label.size() > kLongest) return label.starts_with("xn--");
  if (label.starts_with("xn--")) return true;
  const std::string word = " " + lower(label) + " ";
  return (label.size() == 2 ? kCountryDomains : kLongDomains).find(word) != std::string_view::npos;
}

bool is_near(std::string_view text, std::size_t begin, std::size_t end, std::initializer_list<std::string_view> words) {
  const std::size_t from = begin > kWordsBefore ? begin - kWordsBefore : 0;
  const std::string around = lower(text.substr(from, begin - from)) + ' ' + lower(text.substr(end, kWordsBehind));
  return std::ranges::any_of(words, [&](std::string_view word) {
    for (std::size_t found = around.find(word); found != std::string::npos; found = around.find(word, found + 1))
      if (found == 0 || !is_letter(around[found - 1])) return true;
    return false;
  });
}

std::optional<Found> email_at(std::string_view text, std::size_t at_sign, Setting setting) {
  constexpr std::string_view kInLocal = "._%+-'";
  std::size_t begin = at_sign;
  while (begin > 0 && at_sign - begin <= kLongestLocal) {
    if (is_alnum(text[begin - 1]) || kInLocal.find(text[begin - 1]) != std::string_view::npos) {
      --begin;
    } else if (setting == Setting::kText && behind_letter(text, begin)) {
      // RFC 6531: letters outside of ASCII, as whole ones.
      --begin;
      while (begin > 0 && (static_cast<unsigned char>(text[begin]) & 0xc0u) == 0x80u) --begin;
    } else {
      break;
    }
  }
  while (begin < at_sign && kInLocal.find(text[begin]) != std::string_view::npos && text[begin] != '_') ++begin;
  std::size_t end = at_sign + 1;
  while (end < text.size() && end - at_sign <= kLongestDomain && is_domain_char(text[end])) ++end;
  while (end > at_sign + 1 && !is_alnum(text[end - 1])) --end;
  const std::string_view local = text.substr(begin, at_sign - begin);
  const std::string_view server = text.substr(at_sign + 1, end - at_sign - 1);
  const std::size_t shortest = setting == Setting::kBytes ? 2 : 1;
  if (local.size() < shortest || local.size() > kLongestLocal || local.back() == '.' ||
      local.find("..") != std::string_view::npos || !is_host(server) || at(text, end) == '@' ||
      behind_letter(text, begin))
    return std::nullopt;
  Found found;
  found.begin = begin;
  found.end = end;
  found.proof = Proof::kGrammar;
  const std::string host = lower(server);
  // Ids that a messenger gives are numbers, groups and lists.
  if (host == "s.whatsapp.net" || host == "c.us") {
    constexpr std::size_t kFewest = 7, kMost = 15;
    if (local.size() < kFewest || local.size() > kMost || !std::ranges::all_of(local, is_digit)) return std::nullopt;
    // In a database the end of one text and the beginning of the next stand side by side: "at 7" and the number.
    if (setting == Setting::kBytes && !stands_apart(text, begin)) return std::nullopt;
    found.kind = Kind::kPhone;
    found.normalized = "+" + std::string(local);
    return found;
  }
  if (host == "g.us" || host == "broadcast" || (setting == Setting::kBytes && is_message_id(text, begin)))
    return std::nullopt;
  found.kind = Kind::kEmail;
  found.normalized = lower(local) + "@" + host;
  return found;
}

std::optional<Found> url_at(std::string_view text, std::size_t colon, Setting setting) {
  constexpr std::array<std::string_view, 20> kSchemes{"http", "https", "ftp",  "ftps",  "sftp",   "ssh",   "ws",
                                                      "wss",  "smb",   "git",  "irc",   "ircs",   "rtsp",  "rdp",
                                                      "vnc",  "tg",    "ldap", "ldaps", "telnet", "market"};
  constexpr std::size_t kLongestScheme = 6;
  if (text.substr(colon, 3) != "://") return std::nullopt;
  std::size_t begin = colon;
  while (begin > 0 && colon - begin < kLongestScheme && is_letter(text[begin - 1])) --begin;
  // "xhttp": in bytes a letter in front may be anything.
  std::string scheme;
  for (; begin < colon; ++begin) {
    scheme = lower(text.substr(begin, colon - begin));
    if (std::ranges::find(kSchemes, scheme) != kSchemes.end()) break;
    if (setting == Setting::kText) return std::nullopt;
  }
  if (begin == colon) return std::nullopt;
  const std::size_t from = colon + 3;
  std::size_t end = from;
  constexpr std::string_view kInUrl = "-._~:/?#[]@!$&'()*+,;=%";
  while (end < text.size() && end - begin < kLongestUrl &&
         (is_alnum(text[end]) || kInUrl.find(text[end]) != std::string_view::npos ||
          (setting == Setting::kText && (static_cast<unsigned char>(text[end]) & 0x80u) != 0)))
    ++end;
  // What closes a sentence or a bracket around it.
  while (end > from && std::string_view(".,;:!?'*").find(text[end - 1]) != std::string_view::npos) --end;
  while (end > from && (text[end - 1] == ')' || text[end - 1] == ']')) {
    const std::string_view inside = text.substr(from, end - from);
    const bool round = text[end - 1] == ')';
    if (std::ranges::count(inside, round ? '(' : '[') >= std::ranges::count(inside, round ? ')' : ']')) break;
    --end;
  }
  const std::string_view rest = text.substr(from, end - from);
  const std::size_t path = rest.find_first_of("/?#");
  std::string_view host = rest.substr(0, path);
  if (const auto user = host.rfind('@'); user != std::string_view::npos) host.remove_prefix(user + 1);
  if (!host.starts_with('[')) host = host.substr(0, host.find(':'));
  std::array<unsigned, 4> numbers{};
  const bool is_address = ipv4_end(host, 0, numbers) == std::optional(host.size());
  const bool is_ipv6 = host.starts_with('[') && host.ends_with(']') && host.find(':') != std::string_view::npos;
  const bool is_application = (scheme == "tg" || scheme == "market") && !host.empty();
  if (!is_address && !is_ipv6 && !is_application && !is_host(host)) return std::nullopt;
  // Names of vocabularies that stand in every document, and that nobody ever looked up.
  constexpr std::array<std::string_view, 8> kVocabularies{
      "www.w3.org",    "schemas.openxmlformats.org", "purl.org",     "schemas.microsoft.com",
      "purl.oclc.org", "schemas.android.com",        "ns.adobe.com", "docs.oasis-open.org"};
  if (setting == Setting::kBytes && scheme == "http" &&
      std::ranges::find(kVocabularies, lower(host)) != kVocabularies.end())
    return std::nullopt;
  Found found;
  found.kind = Kind::kUrl;
  found.proof = Proof::kGrammar;
  found.begin = begin;
  found.end = end;
  found.normalized = scheme + "://" + lower(rest.substr(0, path));
  if (path != std::string_view::npos) found.normalized += rest.substr(path);
  return found;
}

std::optional<Found> ipv4_at(std::string_view text, std::size_t dot) {
  std::size_t begin = dot;
  while (begin > 0 && dot - begin < 3 && is_digit(text[begin - 1])) --begin;
  if (begin > 0 && (is_alnum(text[begin - 1]) || text[begin - 1] == '.' || text[begin - 1] == '-')) return std::nullopt;
  std::array<unsigned, 4> numbers{};
  const auto end = ipv4_end(text, begin, numbers);
  if (!end || numbers[0] == 0 || numbers[0] >= 240 || numbers[0] == 127) return std::nullopt;
  // Four numbers are a version as often as an address.
  const bool has_port = at(text, *end) == ':' && is_digit(at(text, *end + 1));
  const bool has_mask = at(text, *end) == '/' && is_digit(at(text, *end + 1));
  if (is_near(text, begin, *end, {"version", "ver.", "v.", "build", "firmware", "chrome/", "safari/"}))
    return std::nullopt;
  if (!has_port && !has_mask &&
      !is_near(text, begin, *end,
               {"ip", "host", "server", "addr", "gateway", "router", "dns", "dhcp", "ping", "ssh", "vpn", "rdp",
                "nameserver", "inet", "client", "remote", "peer", "proxy", "from ["}))
    return std::nullopt;
  Found found;
  found.kind = Kind::kIpv4;
  found.proof = Proof::kGrammar;
  found.begin = begin;
  found.end = *end;
  found.normalized = fmt::format("{}.{}.{}.{}", numbers[0], numbers[1], numbers[2], numbers[3]);
  return found;
}

std::optional<Found> mac_at(std::string_view text, std::size_t sign) {
  constexpr std::size_t kPairs = 6, kLength = 17, kFewestDistinct = 4;
  if (sign < 2) return std::nullopt;
  const std::size_t begin = sign - 2;
  if (text.size() - begin < kLength) return std::nullopt;
  if (begin > 0 && (is_alnum(text[begin - 1]) || text[begin - 1] == text[sign])) return std::nullopt;
  if (is_alnum(at(text, begin + kLength)) || at(text, begin + kLength) == text[sign]) return std::nullopt;
  std::array<std::string, kPairs> pairs;
  std::string normalized;
  bool letters = false;
  for (std::size_t i = 0; i < kPairs; ++i) {
    const std::string_view pair = text.substr(begin + 3 * i, 2);
    if (!is_hex(pair[0]) || !is_hex(pair[1]) || (i + 1 < kPairs && text[begin + 3 * i + 2] != text[sign]))
      return std::nullopt;
    letters = letters || is_letter(pair[0]) || is_letter(pair[1]);
    pairs.at(i) = lower(pair);
    normalized += (i == 0 ? "" : ":") + pairs.at(i);
  }
  std::ranges::sort(pairs);
  const auto distinct = std::unique(pairs.begin(), pairs.end()) - pairs.begin();
  if (distinct < static_cast<std::ptrdiff_t>(kFewestDistinct)) return std::nullopt;
  // Digits alone are a time or a date as often.
  if (!letters &&
      !is_near(text, begin, begin + kLength, {"mac", "bssid", "wifi", "wi-fi", "wlan", "bluetooth", "ether", "hwaddr"}))
    return std::nullopt;
  Found found;
  found.kind = Kind::kMac;
  found.proof = Proof::kGrammar;
  found.begin = begin;
  found.end = begin + kLength;
  found.normalized = std::move(normalized);
  return found;
}

// Global, local and link-local addresses; those with eight groups or a gap. Written as RFC 5952 has it.
std::optional<Found> ipv6_at(std::string_view text, std::size_t colon) {
  constexpr std::size_t kGroups = 8, kLongest = 39, kShortest = 7;
  std::size_t begin = colon;
  while (begin > 0 && colon - begin < 5 && is_hex(text[begin - 1])) --begin;
  if (begin == colon || colon - begin > 4 || (begin > 0 && (is_alnum(text[begin - 1]) || text[begin - 1] == ':')))
    return std::nullopt;
  std::size_t end = begin;
  while (end < text.size() && end - begin <= kLongest && (is_hex(text[end]) || text[end] == ':')) ++end;
  if (end - begin > kLongest || end - begin < kShortest || is_alnum(at(text, end)) || at(text, end) == '.')
    return std::nullopt;
  std::string_view rest = text.substr(begin, end - begin);
  std::vector<unsigned> groups;
  std::optional<std::size_t> gap;
  while (!rest.empty()) {
    if (rest.starts_with(':')) {
      if (groups.empty() || gap) return std::nullopt;
      gap = groups.size();
      rest.remove_prefix(1);
      continue;
    }
    const std::size_t length = std::min(rest.find(':'), rest.size());
    if (length > 4 || groups.size() == kGroups) return std::nullopt;
    unsigned value = 0;
    for (const char c : rest.substr(0, length))
      value = value * 16 + static_cast<unsigned>(is_digit(c) ? c - '0' : to_lower(c) - 'a' + 10);
    groups.push_back(value);
    rest.remove_prefix(length);
    if (rest.empty()) break;
    rest.remove_prefix(1);
    if (rest.empty()) return std::nullopt;
  }
  if (gap ? groups.size() >= kGroups || groups.size() < 2 : groups.size() != kGroups) return std::nullopt;
  const unsigned first = groups.front();
  const bool usual = (first & 0xe000u) == 0x2000u || (first & 0xfe00u) == 0xfc00u || (first & 0xffc0u) == 0xfe80u;
  if (!usual || text[begin] == '0') return std::nullopt;
  if (gap) groups.insert(groups.begin() + static_cast<std::ptrdiff_t>(*gap), kGroups - groups.size(), 0u);
  // The longest run of two zeros or more becomes "::".
  std::size_t run_at = 0, run = 0;
  for (std::size_t i = 0; i < kGroups; ++i) {
    std::size_t j = i;
    while (j < kGroups && groups[j] == 0) ++j;
    if (j - i > run) run_at = i, run = j - i;
  }
  std::string normalized;
  for (std::size_t i = 0; i < kGroups; ++i) {
    if (run >= 2 && i == run_at) {
      normalized += "::";
      i += run - 1;
      continue;
    }
    if (!normalized.empty() && !normalized.ends_with(':')) normalized += ':';
    normalized += fmt::format("{:x}", groups[i]);
  }
  Found found;
  found.kind = Kind::kIpv6;
  found.proof = Proof::kGrammar;
  found.begin = begin;
  found.end = end;
  found.normalized = std::move(normalized);
  return found;
}

// In a text a missing blank looks the same ("klaar.de rest"), so something has to say that it is a host.
std::optional<Found> domain_at(std::string_view text, std::size_t dot) {
  constexpr std::array<std::string_view, 5> kSure{"com", "net", "org", "info", "example"};
  std::size_t begin = dot, end = dot + 1;
  while (begin > 0 && dot - begin < kLongestDomain && is_domain_char(text[begin - 1])) --begin;
  while (end < text.size() && end - dot < kLongestDomain && is_domain_char(text[end])) ++end;
  while (begin < dot && !is_alnum(text[begin])) ++begin;
  while (end > dot + 1 && !is_alnum(text[end - 1])) --end;
  const std::string host = lower(text.substr(begin, end - begin));
  if (!is_host(host) || host.ends_with(".onion") || behind_letter(text, begin) || at(text, end) == '@')
    return std::nullopt;
  if (begin > 0 && std::string_view("@/\\_=&%+").find(text[begin - 1]) != std::string_view::npos) return std::nullopt;
  if (std::ranges::all_of(host, [](char c) { return is_digit(c) || c == '.'; })) return std::nullopt;
  const std::string_view top = std::string_view(host).substr(host.rfind('.') + 1);
  const bool has_path = at(text, end) == '/' && is_alnum(at(text, end + 1));
  const bool sure = host.starts_with("www.") || has_path || std::ranges::find(kSure, top) != kSure.end();
  const std::string_view name = std::string_view(host).substr(0, host.find('.'));
  if (!sure || name.size() < 2) return std::nullopt;
  Found found;
  found.kind = Kind::kDomain;
  found.proof = Proof::kGrammar;
  found.begin = begin;
  found.end = end;
  found.normalized = host;
  return found;
}

}  // namespace limier::entities
