// Contents made for the tests: the least that each format's description asks for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "limier/types.h"

namespace limier::types {

inline std::string le(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(i < 8 ? value >> (8 * i) : 0);
  return out;
}
inline std::string be(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(i < 8 ? value >> (8 * i) : 0);
  return out;
}
inline std::string padded(std::string text, std::size_t size, char with = '\0') {
  text.resize(size, with);
  return text;
}
inline std::string at(std::size_t offset, const std::string& text, char with = '\0') {
  return std::string(offset, with) + text;
}

struct Member {
  std::string name, data;
  unsigned flags = 0;
};

// Local headers, the central directory and its end. `streamed`: sizes stand behind the data.
inline std::string zip(const std::vector<Member>& members, bool streamed = false) {
  std::string out, central;
  for (const Member& member : members) {
    const unsigned flags = member.flags | (streamed ? 8u : 0u);
    const std::uint64_t size = streamed ? 0 : member.data.size();
    const std::string name_size = le(member.name.size(), 2);
    central += "PK\x01\x02" + le(20, 2) + le(20, 2) + le(flags, 2) + le(0, 2) + le(0, 4) + le(0, 4) +
               le(member.data.size(), 4) + le(member.data.size(), 4) + name_size + le(0, 2 + 2 + 2 + 2 + 4) +
               le(out.size(), 4) + member.name;
    out += "PK\x03\x04" + le(20, 2) + le(flags, 2) + le(0, 2) + le(0, 4) + le(0, 4) + le(size, 4) + le(size, 4) +
           name_size + le(0, 2) + member.name + member.data;
  }
  const std::size_t start = out.size();
  return out + central + "PK\x05\x06" + le(0, 4) + le(members.size(), 2) + le(members.size(), 2) +
         le(central.size(), 4) + le(start, 4) + le(0, 2);
}

// A compound file whose directory is the sector `directory_sector`, with streams of these names.
inline std::string ole(const std::vector<std::string>& streams, std::uint32_t directory_sector = 0,
                       const std::string& first_sector = "") {
  std::string header = padded("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 512);
  header.replace(30, 2, le(9, 2));
  header.replace(48, 4, le(directory_sector, 4));
  std::string out = padded(header + first_sector, 512 + 512 * std::size_t{directory_sector});
  const auto entry = [&](const std::string& name, int kind) {
    std::string wide;
    for (const char c : name) wide += std::string(1, c) + std::string(1, '\0');
    std::string one = padded(wide, 128);
    one.replace(64, 2, le(2 * (name.size() + 1), 2));
    one[66] = static_cast<char>(kind);
    out += one;
  };
  entry("Root Entry", 5);
  for (const std::string& name : streams) entry(name, 2);
  return padded(out, out.size() + 4096);
}

// As the sniffer sees it in one piece: head and windows.
inline catalog::ContentType type_of(const std::string& content) {
  HeldBuffers held;
  Sniffer sniffer;
  sniffer.take(as_bytes(content), content.size(), held);
  return sniffer.finish(content.size(), held);
}

inline std::string random_bytes(std::size_t size, std::uint64_t seed) {
  std::string out(size, '\0');
  for (char& c : out) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    c = static_cast<char>(seed >> 56);
  }
  return out;
}

}  // namespace limier::types
