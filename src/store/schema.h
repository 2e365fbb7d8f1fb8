// The tables, the indexes made after loading, and the views. docs/index.md describes the views.
#pragma once

#include <string>

namespace limier::store {

// Tables with everything a row is inserted into while workers send.
std::string table_schema();
// The views: the public contract.
std::string view_schema();
// What a later run needs to go on with an unfinished index (progress.cpp).
std::string progress_schema();
std::string checkpoint_schema();
std::string byte_hit_schema();
std::string content_type_schema();
// The extents in the order of the media: made when the sweep, or damage, first asks for it.
std::string extent_index();
std::string inode_index();
std::string stream_index();
std::string drop_catalog_indexes();
std::string question_indexes(bool has_digests);

// ISO 8601 UTC with nine decimals, from an SQL expression of nanoseconds.
std::string iso_time(const std::string& ns);

// The path as SQLite's URI file names want it.
std::string file_uri(const std::string& path);

// SQL for "CASE column WHEN 0 THEN 'word' …", from the enum's own names.
std::string content_state_case(const std::string& column);

// The path of file `f` with name `n` and stream `s`.
inline constexpr const char* kPathOfFile = "iif(f.is_stream, n.path || ':' || s.name, n.path)";

// inode.time_marks: for each of the four times of a file (modified, accessed, changed, created) whether it has no zone,
// and whether its zone was stated; then for these four and the four of its $FILE_NAME whether it is in far_time,
// because 64 bits of nanoseconds do not hold it.
inline constexpr unsigned kLocalMarks = 0, kStatedMarks = 4, kFarMarks = 8;

// The state of stream `s` joined with its digest `d`: a stream that could be read but has no digest was not read.
inline constexpr const char* kStateOfContent =
    "CASE WHEN s.state IN (0, 1) AND d.content_id IS NULL THEN 7 ELSE s.state END";

}  // namespace limier::store
