// Sources: the WHATWG MIME sniffing standard (HTML), XML 1.0, RFC 5322 (mail), RFC 4155 (mbox), RFC 6350, RFC 5545, RFC
// 7468 (PEM), RFC 9580 6.2 (OpenPGP armor), and the documentation of the formats named.
#include <algorithm>
#include <array>

#include "types/text.h"

namespace limier::types {

namespace {

using catalog::FileEncryption;

constexpr std::string_view kSpace = " \t\r\n\f\v";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// `word` is in lower case.
bool begins(std::string_view text, std::string_view word) {
  return text.size() >= word.size() &&
         std::equal(word.begin(), word.end(), text.begin(), [](char w, char t) { return w == lower(t); });
}

std::string_view trimmed(std::string_view text) {
  const std::size_t at = text.find_first_not_of(kSpace);
  return at == std::string_view::npos ? std::string_view() : text.substr(at);
}

std::string_view first_line(std::string_view text) {
  return text.substr(0, text.find_first_of("\r\n"));
}

struct Opening {
  std::string_view begin;
  Id id;
};

// As they stand.
constexpr Opening kOpenings[] = {
    {"BEGIN:VCARD", Id::kVcard},
    {"BEGIN:VCALENDAR", Id::kIcal},
    {"Windows Registry Editor Version 5", Id::kRegistryText},
    {"REGEDIT4", Id::kRegistryText},
    {"[InternetShortcut]", Id::kUrl},
    {"[Desktop Entry]", Id::kDesktop},
    {"#EXTM3U", Id::kPlaylist},
    {"WEBVTT", Id::kSubtitles},
    {"<?php", Id::kPhp},
    {"ssh-rsa AAAA", Id::kSshPublic},
    {"ssh-ed25519 AAAA", Id::kSshPublic},
    {"ssh-dss AAAA", Id::kSshPublic},
    {"ecdsa-sha2-", Id::kSshPublic},
    {"sk-ssh-", Id::kSshPublic},
    {"$ANSIBLE_VAULT;", Id::kAnsibleVault},
    {"/* XPM */", Id::kXpm},
    {"-----BEGIN PGP PUBLIC KEY BLOCK-----", Id::kPgpPublic},
    {"-----BEGIN PGP PRIVATE KEY BLOCK-----", Id::kPgpPrivate},
    {"-----BEGIN PGP SIGNATURE-----", Id::kPgpSignature},
    {"-----BEGIN PGP SIGNED MESSAGE-----", Id::kPgpSignature},
    {"-----BEGIN PGP MESSAGE-----", Id::kPgpMessage},
    {"-----BEGIN AGE ENCRYPTED FILE-----", Id::kAge},
    {"-----BEGIN OPENSSH PRIVATE KEY-----", Id::kSshKey},
    {"-----BEGIN ENCRYPTED PRIVATE KEY-----", Id::kPemKey},
    {"-----BEGIN PRIVATE KEY-----", Id::kPemKey},
    {"-----BEGIN RSA PRIVATE KEY-----", Id::kPemKey},
    {"-----BEGIN EC PRIVATE KEY-----", Id::kPemKey},
    {"-----BEGIN DSA PRIVATE KEY-----", Id::kPemKey},
    {"-----BEGIN CERTIFICATE-----", Id::kPemCertificate},
    {"-----BEGIN TRUSTED CERTIFICATE-----", Id::kPemCertificate},
    {"-----BEGIN ", Id::kPemOther},
    {"From: <Saved by ", Id::kMhtml},
    {"\\documentclass", Id::kLatex},
    {"\\documentstyle", Id::kLatex},
};

// In any case, behind white space. HTML needs a space or the end of the tag behind them.
constexpr std::string_view kHtmlTags[] = {"<!doctype html", "<html",   "<head", "<body", "<script", "<title",
                                          "<table",         "<iframe", "<h1",   "<div",  "<style",  "<a href"};

constexpr Opening kInterpreters[] = {
    {"sh", Id::kShell},  {"bash", Id::kShell}, {"dash", Id::kShell}, {"zsh", Id::kShell},  {"ksh", Id::kShell},
    {"ash", Id::kShell}, {"csh", Id::kShell},  {"tcsh", Id::kShell}, {"fish", Id::kShell}, {"python", Id::kPython},
    {"perl", Id::kPerl}, {"ruby", Id::kRuby},  {"node", Id::kNode},  {"gjs", Id::kNode},   {"deno", Id::kNode},
    {"php", Id::kPhp},   {"awk", Id::kAwk},    {"gawk", Id::kAwk},   {"mawk", Id::kAwk},   {"lua", Id::kLuaScript},
    {"tclsh", Id::kTcl}, {"wish", Id::kTcl},   {"expect", Id::kTcl}, {"pwsh", Id::kPwsh},
};

// "#!/usr/bin/env python3", "#! /bin/sh -e"
Id script_kind(std::string_view text) {
  std::string_view line = first_line(text.substr(2));
  for (int word = 0; word < 4; ++word) {
    line.remove_prefix(std::min(line.size(), line.find_first_not_of(" \t")));
    const std::string_view path = line.substr(0, line.find_first_of(" \t"));
    const std::size_t slash = path.rfind('/');
    std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
    line.remove_prefix(std::min(line.size(), path.size()));
    if (word == 0 && (slash == std::string_view::npos || path.empty())) return Id::kUnknown;
    if (name == "env" || name == "busybox" || name.starts_with("-") || name.find('=') != std::string_view::npos)
      continue;
    name = name.substr(0, name.find_first_of("0123456789.-"));
    for (const Opening& interpreter : kInterpreters)
      if (name == interpreter.begin) return interpreter.id;
    return Id::kScript;
  }
  return Id::kScript;
}

// The name of the first element, without its prefix; prologue, comments and the document type are passed over.
std::string_view root_element(std::string_view text) {
  constexpr int kMaxItems = 64;
  for (int i = 0; i < kMaxItems; ++i) {
    const std::size_t open = text.find('<');
    if (open == std::string_view::npos || open + 1 >= text.size()) return {};
    text.remove_prefix(open);
    if (text[1] != '?' && text[1] != '!') {
      const std::string_view name = text.substr(1, text.find_first_of(" \t\r\n>/", 1) - 1);
      const std::size_t colon = name.find(':');
      return colon == std::string_view::npos ? name : name.substr(colon + 1);
    }
    const std::string_view end = text.starts_with("<!--") ? "-->" : text[1] == '?' ? "?>" : ">";
    const std::size_t close = text.find(end, 2);
    if (close == std::string_view::npos) return {};
    text.remove_prefix(close + end.size());
  }
  return {};
}

Id xml_kind(std::string_view text) {
  constexpr Opening kRoots[] = {
      {"svg", Id::kSvg},  {"plist", Id::kPlistXml},  {"html", Id::kHtml},
      {"kml", Id::kKml},  {"gpx", Id::kGpx},         {"rss", Id::kRss},
      {"feed", Id::kRss}, {"abiword", Id::kAbiword}, {"FictionBook", Id::kFictionBook},
  };
  const std::string_view root = root_element(text);
  for (const Opening& known : kRoots)
    if (root == known.begin) return known.id;
  return Id::kXml;
}

// `text` begins with its first tag.
Id kind_of_markup(std::string_view text) {
  if (begins(text, "<?xml") && text.size() > 5 && kSpace.find(text[5]) != std::string_view::npos) return xml_kind(text);
  for (const std::string_view tag : kHtmlTags) {
    if (!begins(text, tag)) continue;
    const char behind = text.size() > tag.size() ? text[tag.size()] : '>';
    if (behind == '>' || behind == '=' || kSpace.find(behind) != std::string_view::npos) return Id::kHtml;
  }
  if (begins(text, "<!--")) return root_element(text) == "html" ? Id::kHtml : Id::kUnknown;
  if (begins(text, "<!doctype svg") || begins(text, "<svg ")) return Id::kSvg;
  return begins(text, "<!doctype plist") ? Id::kPlistXml : Id::kUnknown;
}

bool is_mbox(std::string_view text) {
  if (!text.starts_with("From ")) return false;
  const std::string_view line = first_line(text);
  // The sender, and a date with a time.
  const bool dated = std::count(line.begin(), line.end(), ':') >= 1 && std::count(line.begin(), line.end(), ' ') >= 4;
  return dated && text.size() > line.size() && is_mail_header(trimmed(text.substr(line.size())));
}

// A number alone on the first line: how long the message is.
bool is_emlx(std::string_view text) {
  const std::string_view line = first_line(text);
  const std::size_t digits = line.find_first_not_of("0123456789");
  if (digits == 0 || line.empty() || line.size() > 12) return false;
  if (digits != std::string_view::npos && trimmed(line.substr(digits)) != "") return false;
  return text.size() > line.size() && is_mail_header(text.substr(line.size() + 1));
}

bool is_subtitles(std::string_view text) {
  if (!text.starts_with("1\n") && !text.starts_with("1\r\n")) return false;
  const std::string_view second = first_line(text.substr(text.find('\n') + 1));
  return second.size() >= 29 && second[2] == ':' && second.substr(12, 5) == " --> ";
}

bool is_troff(std::string_view text) {
  return text.starts_with(".\\\"") || text.starts_with("'\\\"") || text.starts_with(".TH ") ||
         text.starts_with(".Dd ") || text.starts_with(".so man");
}

bool is_netpbm(std::string_view text) {
  if (text.size() < 8 || text[0] != 'P' || text[1] < '1' || text[1] > '6') return false;
  if (text[2] != '\n' && text[2] != ' ') return false;
  std::string_view rest = trimmed(text.substr(2));
  while (rest.starts_with("#")) rest = trimmed(rest.substr(std::min(rest.size(), rest.find('\n'))));
  const std::size_t width = rest.find_first_not_of("0123456789");
  if (width == 0 || width == std::string_view::npos) return false;
  rest = trimmed(rest.substr(width));
  const std::size_t height = rest.find_first_not_of("0123456789");
  return height != 0 && height != std::string_view::npos;
}

bool encrypted_key(std::string_view text) {
  return text.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----") ||
         text.substr(0, 256).find("Proc-Type: 4,ENCRYPTED") != std::string_view::npos;
}

Id opening_kind(std::string_view text) {
  if (text.empty()) return Id::kUnknown;
  for (const Opening& opening : kOpenings)
    if (text[0] == opening.begin[0] && text.starts_with(opening.begin)) return opening.id;
  if (text.starts_with("#!")) return script_kind(text);
  if (begins(text, "@echo off")) return Id::kBatch;
  if (is_troff(text)) return Id::kTroff;
  if (is_netpbm(text)) return Id::kNetpbm;
  return is_subtitles(text) ? Id::kSubtitles : Id::kUnknown;
}

Id structured_kind(std::string_view text, bool whole) {
  const std::string_view content = trimmed(text);
  if (content.empty()) return Id::kUnknown;
  if (const Id id = markup_kind(content); id != Id::kUnknown) return id;
  if (content[0] == '{' || content[0] == '[') {
    if (is_json(content, whole)) return Id::kJson;
    if (is_json_lines(content, whole)) return Id::kJsonLines;
  }
  if (is_mbox(text)) return Id::kMbox;
  if (is_mail_header(text)) return Id::kMail;
  if (is_emlx(text)) return Id::kEmlx;
  if (is_ini(text)) return Id::kIni;
  return is_csv(text, whole) ? Id::kCsv : Id::kUnknown;
}

}  // namespace

Id markup_kind(std::string_view text) {
  const std::string_view content = trimmed(text);
  return content.starts_with('<') ? kind_of_markup(content) : Id::kUnknown;
}

Probed text_kind_of(std::string_view text, bool whole) {
  Probed probed{.id = opening_kind(text)};
  if (probed.id == Id::kUnknown) probed.id = structured_kind(text, whole);
  if (probed.id == Id::kPgpMessage) probed.encryption = FileEncryption::kOpenPgp;
  if (probed.id == Id::kAge) probed.encryption = FileEncryption::kAge;
  if (probed.id == Id::kAnsibleVault) probed.encryption = FileEncryption::kAnsibleVault;
  if (probed.id == Id::kPemKey && encrypted_key(text)) probed.encryption = FileEncryption::kPrivateKey;
  return probed;
}

}  // namespace limier::types
