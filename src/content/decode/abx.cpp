// Android's binary XML (ABX, since Android 12) as a structure: an element is a map, its attributes stand in it as
// "@name", its text as "#text", its elements by their names.
#include "content/decode/tree.h"
#include "content/xml_events.h"

namespace limier::content::decode {
namespace {

class TreeMaker final : public XmlEvents {
 public:
  explicit TreeMaker(Tree& tree) : tree_(tree) { open_.push_back(tree_.add(Tree::kNone, {}, Tree::Kind::kMap)); }

  void start(std::string_view name, std::span<const XmlAttribute> attributes) override {
    open_.push_back(added(tree_.add(open_.back(), name, Tree::Kind::kMap)));
    for (const XmlAttribute& one : attributes) added(tree_.add_value(open_.back(), "@" + one.name, one.value));
  }
  void text(std::string_view text) override { added(tree_.add_value(open_.back(), "#text", std::string(text))); }
  void end(std::string_view) override {
    if (open_.size() > 1) open_.pop_back();
  }
  [[nodiscard]] bool fits() const { return fits_; }

 private:
  std::uint32_t added(std::uint32_t node) {
    fits_ = fits_ && node != Tree::kNone;
    return node == Tree::kNone ? open_.back() : node;
  }
  Tree& tree_;
  std::vector<std::uint32_t> open_;
  bool fits_ = true;
};

}  // namespace

bool decode_abx(Bytes bytes, std::string_view path, std::vector<Value>& values) {
  Tree tree;
  TreeMaker maker(tree);
  return read_abx(bytes, maker) == XmlEnd::kWhole && maker.fits() && tree.select(path, values);
}

}  // namespace limier::content::decode
