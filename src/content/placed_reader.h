// The bytes of a content over the image they lie in: what limier-content gives its parsers.
#pragma once

#include "limier/content.h"

namespace limier::content {

// False when the pieces overlap, come out of order, or overflow; nothing may be read then.
bool is_sound(const ContentBytes& content);

class PlacedReader final : public Reader {
 public:
  // Both outlive it; `content` is sound.
  PlacedReader(const evidence::Image& image, const ContentBytes& content) : image_(image), content_(content) {}
  [[nodiscard]] std::uint64_t size_bytes() const override { return content_.size_bytes; }
  bool read(std::uint64_t offset, MutableBytes out) const override;

 private:
  bool read_pieces(std::uint64_t offset, MutableBytes out) const;

  const evidence::Image& image_;
  const ContentBytes& content_;
};

// The reader that fits: placed, or unpacked (unpacked_reader.h).
std::unique_ptr<Reader> make_reader(const evidence::Image& image, const ContentBytes& content);

}  // namespace limier::content
