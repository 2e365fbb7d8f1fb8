// Which encoding a text is in, and what kind of text it is.
#pragma once

#include <string_view>

#include "types/probes.h"

namespace limier::types {

// Id::kUnknown when the bytes are no text; `whole`: nothing follows them.
Id text_encoding(Bytes head, bool whole);

// `text` in an encoding that holds ASCII as it is, without its byte order mark. kUnknown: no kind of its own.
Probed text_kind_of(std::string_view text, bool whole);

// HTML, XML and what is written in them; kUnknown where the text does not begin with a tag.
Id markup_kind(std::string_view text);

// Structures of several lines (text_tables.cpp).
bool is_json(std::string_view text, bool whole);
bool is_json_lines(std::string_view text, bool whole);
bool is_csv(std::string_view text, bool whole);
bool is_ini(std::string_view text);
bool is_mail_header(std::string_view text);

}  // namespace limier::types
