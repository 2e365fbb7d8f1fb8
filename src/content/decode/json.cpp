// JSON. Source: RFC 8259.
#include "content/json.h"

#include "content/decode/tree.h"

namespace limier::content::decode {
namespace {

// What the parser of nlohmann::json meets, one after the other; false ends it.
class TreeMaker {
 public:
  using Json = nlohmann::json;
  explicit TreeMaker(Tree& tree) : tree_(tree) {}

  bool null() { return put(tree_.add(parent(), key(), Tree::Kind::kNull)); }
  bool boolean(bool value) { return put(tree_.add_value(parent(), key(), std::int64_t{value ? 1 : 0})); }
  bool number_integer(Json::number_integer_t value) { return put(tree_.add_value(parent(), key(), value)); }
  bool number_unsigned(Json::number_unsigned_t value) {
    if (value > static_cast<std::uint64_t>(INT64_MAX))
      return put(tree_.add_value(parent(), key(), std::to_string(value)));
    return put(tree_.add_value(parent(), key(), static_cast<std::int64_t>(value)));
  }
  bool number_float(Json::number_float_t value, const Json::string_t&) {
    return put(tree_.add_value(parent(), key(), value));
  }
  bool string(Json::string_t& value) { return put(tree_.add_value(parent(), key(), std::move(value))); }
  bool binary(Json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(Tree::Kind::kMap); }
  bool start_array(std::size_t) { return open(Tree::Kind::kList); }
  bool key(Json::string_t& value) {
    key_ = std::move(value);
    return true;
  }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool parse_error(std::size_t, const std::string&, const Json::exception&) { return false; }

 private:
  [[nodiscard]] std::uint32_t parent() const { return open_.empty() ? Tree::kNone : open_.back(); }
  std::string key() { return std::exchange(key_, {}); }
  static bool put(std::uint32_t node) { return node != Tree::kNone; }
  bool open(Tree::Kind kind) {
    const std::uint32_t node = tree_.add(parent(), key(), kind);
    if (node == Tree::kNone || open_.size() == kMaxDepth) return false;
    open_.push_back(node);
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  Tree& tree_;
  std::vector<std::uint32_t> open_;
  std::string key_;
};

}  // namespace

bool read_json(Bytes bytes, Tree& tree) {
  TreeMaker maker(tree);
  return nlohmann::json::sax_parse(bytes.begin(), bytes.end(), &maker) && !tree.is_empty();
}

bool decode_json(Bytes bytes, std::string_view path, std::vector<Value>& values) {
  Tree tree;
  return read_json(bytes, tree) && tree.select(path, values);
}

}  // namespace limier::content::decode
