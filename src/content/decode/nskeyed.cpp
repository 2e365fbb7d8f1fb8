// Archives of NSKeyedArchiver: a property list whose objects name each other by number in `$objects`. Source: Apple,
// "Archives and Serializations Programming Guide", and archives themselves. What a collection, a text or a time is, its
// members say; other objects are maps of their members.
#include <algorithm>

#include "content/decode/plist.h"

namespace limier::content::decode {
namespace {

constexpr std::size_t kMaxWaiting = 1u << 19;

class Archive {
 public:
  explicit Archive(const Plist& plist) : plist_(plist) {}

  bool spread(Tree& tree) {
    const auto objects = plist_.member(plist_.top, "$objects");
    const auto top = plist_.member(plist_.top, "$top");
    if (!objects || !top || plist_.objects[*objects].kind != Plist::Kind::kList ||
        plist_.objects[*top].kind != Plist::Kind::kMap)
      return false;
    list_ = *objects;
    // An archive of one object begins with it.
    const auto& held = plist_.objects[*top].held;
    const auto root = plist_.member(*top, "root");
    waiting_.push_back({held.size() == 2 && root ? *root : *top, Tree::kNone, {}, 0});
    for (std::size_t next = 0; next < waiting_.size(); ++next)
      if (!put(Waiting(waiting_[next]), tree)) return false;
    return true;
  }

 private:
  struct Waiting {
    std::uint32_t object = 0, parent = 0;
    std::string_view key;
    std::size_t depth = 0;
  };

  // What a number names; nullopt: there is nothing.
  [[nodiscard]] std::optional<std::uint32_t> named(std::uint32_t object) const {
    if (plist_.objects[object].kind != Plist::Kind::kReference) return object;
    const auto number = static_cast<std::uint64_t>(std::get<std::int64_t>(plist_.objects[object].value));
    const auto& list = plist_.objects[list_].held;
    return number < list.size() ? std::optional(list[static_cast<std::size_t>(number)]) : std::nullopt;
  }
  [[nodiscard]] std::optional<std::uint32_t> member(std::uint32_t map, std::string_view key) const {
    const auto found = plist_.member(map, key);
    return found ? named(*found) : std::nullopt;
  }
  bool put_value(const Waiting& one, std::uint32_t object, Tree& tree) const {
    const std::string* text = plist_.text(object);
    const bool is_value = plist_.objects[object].kind == Plist::Kind::kValue && (text == nullptr || *text != "$null");
    return (is_value ? tree.add_value(one.parent, one.key, plist_.objects[object].value)
                     : tree.add(one.parent, one.key, Tree::Kind::kNull)) != Tree::kNone;
  }
  bool wait(std::uint32_t object, std::uint32_t parent, std::string_view key, std::size_t depth) {
    if (waiting_.size() >= kMaxWaiting) return false;
    waiting_.push_back({object, parent, key, depth});
    return true;
  }
  bool put_list(const Waiting& one, std::uint32_t list, Tree& tree) {
    const std::uint32_t made = tree.add(one.parent, one.key, Tree::Kind::kList);
    if (made == Tree::kNone) return false;
    return std::ranges::all_of(plist_.objects[list].held,
                               [&](std::uint32_t item) { return wait(item, made, {}, one.depth + 1); });
  }
  bool put_pairs(const Waiting& one, std::uint32_t keys, std::uint32_t values, Tree& tree) {
    const std::uint32_t made = tree.add(one.parent, one.key, Tree::Kind::kMap);
    if (made == Tree::kNone) return false;
    const auto& names = plist_.objects[keys].held;
    const auto& held = plist_.objects[values].held;
    for (std::size_t i = 0; i < std::min(names.size(), held.size()); ++i) {
      const auto key = named(names[i]);
      const std::string* name = key ? plist_.text(*key) : nullptr;
      if (name != nullptr && !wait(held[i], made, *name, one.depth + 1)) return false;
    }
    return true;
  }
  bool put_map(const Waiting& one, std::uint32_t object, Tree& tree) {
    for (const std::string_view key : {"NS.string", "NS.time", "NS.data", "NS.bytes", "NS.uuidbytes"})
      if (const auto held = member(object, key)) return put_value(one, *held, tree);
    const auto keys = member(object, "NS.keys"), items = member(object, "NS.objects");
    const auto is_list = [&](std::optional<std::uint32_t> it) {
      return it && plist_.objects[*it].kind == Plist::Kind::kList;
    };
    if (is_list(keys) && is_list(items)) return put_pairs(one, *keys, *items, tree);
    if (is_list(items)) return put_list(one, *items, tree);
    const std::uint32_t made = tree.add(one.parent, one.key, Tree::Kind::kMap);
    if (made == Tree::kNone) return false;
    const auto& held = plist_.objects[object].held;
    for (std::size_t i = 0; i + 1 < held.size(); i += 2) {
      const std::string* name = plist_.text(held[i]);
      if (name != nullptr && *name != "$class" && !wait(held[i + 1], made, *name, one.depth + 1)) return false;
    }
    return true;
  }
  bool put(const Waiting& one, Tree& tree) {
    const auto object = named(one.object);
    if (!object || one.depth > kMaxDepth) return false;
    switch (plist_.objects[*object].kind) {
      case Plist::Kind::kList:
        return put_list(one, *object, tree);
      case Plist::Kind::kMap:
        return put_map(one, *object, tree);
      default:
        return put_value(one, *object, tree);
    }
  }

  const Plist& plist_;
  std::uint32_t list_ = 0;
  std::vector<Waiting> waiting_;
};

}  // namespace

bool decode_nskeyed(Bytes bytes, std::string_view path, std::vector<Value>& values) {
  const auto plist = read_plist(bytes);
  Tree tree;
  return plist && Archive(*plist).spread(tree) && tree.select(path, values);
}

}  // namespace limier::content::decode
