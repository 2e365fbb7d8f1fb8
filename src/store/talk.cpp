// Messages in their conversation. The same number of a conversation in another database is another one.
#include <fmt/format.h>

#include <algorithm>

#include "limier/store.h"

namespace limier::store {
namespace {

// Without any time a message comes last.
constexpr std::string_view kMoment = "coalesce(m.t_ns, m.received_ns, 9223372036854775807)";

// The nearest first.
Result<std::vector<std::int64_t>> one_side(Index& index, std::int64_t message_id, std::int64_t most, bool before) {
  LIMIER_TRY(auto query,
             index.query(fmt::format(
                 "WITH own AS (SELECT {0} AS at, message_id, service, thread, content_id FROM v_message m WHERE "
                 "message_id = ?1) SELECT m.message_id FROM v_message m, own WHERE m.service IS own.service AND "
                 "m.thread = own.thread AND m.content_id = own.content_id AND ({0}, m.message_id) {1} (own.at, "
                 "own.message_id) ORDER BY {0} {2}, m.message_id {2} LIMIT {3}",
                 kMoment, before ? "<" : ">", before ? "DESC" : "ASC", most)));
  query.bind(1, message_id);
  std::vector<std::int64_t> ids;
  while (query.step()) ids.push_back(query.integer(0));
  LIMIER_CHECK(query.status());
  return ids;
}

}  // namespace

Result<std::vector<std::int64_t>> talk_around(Index& index, std::int64_t message_id, std::int64_t each_side) {
  LIMIER_TRY(auto around, one_side(index, message_id, each_side, true));
  LIMIER_TRY(const auto behind, one_side(index, message_id, each_side, false));
  std::reverse(around.begin(), around.end());
  around.push_back(message_id);
  around.insert(around.end(), behind.begin(), behind.end());
  return around;
}

}  // namespace limier::store
