// One message of mail, line by line: its head, its text, what is attached. Bodies pass through; of them only text is
// kept, up to a limit, so a message may be of any size.
// Sources: RFC 2045, RFC 2046, RFC 2183, RFC 1847, RFC 8551.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "content/mail_header.h"

namespace limier::content {

inline constexpr std::size_t kMaxMailDepth = 64;  // of parts within parts
inline constexpr std::size_t kMaxMailParts = 10'000;
inline constexpr std::size_t kMaxMailTextBytes = 8u << 20;
inline constexpr std::size_t kMaxMailHeadBytes = 1u << 20;  // of one part

struct MailAttachment {
  std::string name, mime;
  std::optional<std::int64_t> size;
};

struct Mail {
  std::vector<HeaderField> fields;
  bool has_head = false;  // the empty line that ends it was there
  std::string body;
  std::vector<MailAttachment> attachments;
  bool encrypted = false;       // OpenPGP or S/MIME, by its own type
  bool cut = false;             // a part has no end
  bool over_limits = false;     // text, parts or depth beyond the limits are left out
  std::string unknown_charset;  // of a text that stays as stored
};

class MimeScanner {
 public:
  explicit MimeScanner(const Charsets& charsets) : charsets_(charsets) {}

  // A line, or a piece of a long one: `starts` is true for the first piece, `eol` empty but for the last.
  void line(std::string_view text, std::string_view eol, bool starts);
  Mail finish();
  void reset();  // for the next message

 private:
  enum class State { kHead, kOutside, kBody };
  enum class Coding { kAsIs, kBase64, kQuoted, kOther };
  struct Level {
    std::string boundary;
    std::size_t alternative = 0;  // number of the multipart/alternative that it is or stands in; 0: in none
    bool is_digest = false;
  };
  struct TextPart {
    bool html = false;
    std::size_t alternative = 0;
    std::string charset, bytes;
  };
  struct Part {
    bool text = false;
    Coding coding = Coding::kAsIs;
    TextPart content;
    MailAttachment attachment;
    std::uint64_t size_bytes = 0;
    std::string_view held_eol;  // belongs to the boundary when one follows
    std::uint32_t bits = 0;     // of base64
    int bit_count = 0;
    bool full = false;
  };

  bool take_boundary(std::string_view text);
  void end_head();
  void begin_part(const std::vector<HeaderField>& fields);
  bool begin_multipart(const ParameterValue& type);
  void body_piece(std::string_view text, std::string_view eol);
  void add_bytes(std::string_view bytes, bool in_text);
  void add_base64(std::string_view text);
  void add_quoted(std::string_view text, std::string_view eol);
  void end_part();
  [[nodiscard]] std::string text_of(const TextPart& part);
  void make_body();

  const Charsets& charsets_;
  Mail mail_;
  State state_ = State::kHead;
  bool is_top_ = true;  // the head is that of the message itself
  std::string head_;
  std::vector<Level> levels_;
  std::size_t alternatives_ = 0, parts_ = 0, text_bytes_ = 0;
  Part part_;
  std::vector<TextPart> texts_;
};

}  // namespace limier::content
