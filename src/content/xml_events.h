// XML as its elements come, written as text or as Android's binary XML (ABX): one reader of what stands in it for both.
// Nothing of a document is held but the names of its open elements.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "limier/base/bytes.h"

namespace limier::content {

struct XmlAttribute {
  std::string name, value;
};

class XmlEvents {
 public:
  virtual ~XmlEvents() = default;
  virtual void start(std::string_view name, std::span<const XmlAttribute> attributes) = 0;
  virtual void text(std::string_view text) = 0;
  virtual void end(std::string_view name) = 0;
};

enum class XmlEnd {
  kWhole,
  kCut,     // what came up to there is right; then it ends, or is damaged
  kNotXml,  // nothing came
};
XmlEnd read_xml(std::string_view xml, XmlEvents& events);
XmlEnd read_abx(Bytes abx, XmlEvents& events);
// By its first bytes.
XmlEnd read_any_xml(Bytes bytes, XmlEvents& events);

std::string_view attribute(std::span<const XmlAttribute> attributes, std::string_view name);

inline constexpr std::size_t kMaxXmlDepth = 256;
inline constexpr std::size_t kMaxXmlAttributes = 1000;  // of one element

}  // namespace limier::content
