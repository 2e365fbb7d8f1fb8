#include "entities/phone.h"

#include <algorithm>
#include <array>

#include "entities/checks.h"

namespace limier::entities {
namespace {

struct Plan {
  std::string_view code;
  std::uint8_t fewest, most;  // digits behind the code
};
// By code, as text. Codes of three digits that are not here have no numbers yet, or none that people call.
constexpr auto kPlans = std::to_array<Plan>({
    {"1", 10, 10},  {"20", 8, 10},  {"211", 9, 9},  {"212", 9, 9},  {"213", 8, 9},  {"216", 8, 8},  {"218", 8, 9},
    {"220", 7, 7},  {"221", 9, 9},  {"222", 8, 8},  {"223", 8, 8},  {"224", 8, 9},  {"225", 8, 10}, {"226", 8, 8},
    {"227", 8, 8},  {"228", 8, 8},  {"229", 8, 10}, {"230", 7, 8},  {"231", 7, 9},  {"232", 8, 8},  {"233", 9, 9},
    {"234", 7, 10}, {"235", 8, 8},  {"236", 8, 8},  {"237", 8, 9},  {"238", 7, 7},  {"239", 7, 7},  {"240", 9, 9},
    {"241", 7, 8},  {"242", 9, 9},  {"243", 9, 9},  {"244", 9, 9},  {"245", 7, 9},  {"246", 7, 7},  {"248", 7, 7},
    {"249", 9, 9},  {"250", 9, 9},  {"251", 9, 9},  {"252", 7, 9},  {"253", 8, 8},  {"254", 9, 10}, {"255", 9, 9},
    {"256", 9, 9},  {"257", 8, 8},  {"258", 8, 9},  {"260", 9, 9},  {"261", 9, 10}, {"262", 9, 9},  {"263", 8, 10},
    {"264", 8, 9},  {"265", 7, 9},  {"266", 8, 8},  {"267", 7, 8},  {"268", 8, 8},  {"269", 7, 7},  {"27", 9, 9},
    {"290", 4, 5},  {"291", 7, 7},  {"297", 7, 7},  {"298", 6, 6},  {"299", 6, 6},  {"30", 10, 10}, {"31", 9, 9},
    {"32", 8, 9},   {"33", 9, 9},   {"34", 9, 9},   {"350", 8, 8},  {"351", 9, 9},  {"352", 6, 11}, {"353", 7, 9},
    {"354", 7, 9},  {"355", 8, 9},  {"356", 8, 8},  {"357", 8, 8},  {"358", 5, 12}, {"359", 7, 9},  {"36", 8, 9},
    {"370", 8, 8},  {"371", 8, 8},  {"372", 7, 8},  {"373", 8, 8},  {"374", 8, 8},  {"375", 9, 9},  {"376", 6, 9},
    {"377", 8, 9},  {"378", 6, 10}, {"380", 9, 9},  {"381", 8, 9},  {"382", 8, 8},  {"383", 8, 8},  {"385", 8, 9},
    {"386", 8, 8},  {"387", 8, 9},  {"389", 8, 8},  {"39", 6, 11},  {"40", 9, 9},   {"41", 9, 9},   {"420", 9, 9},
    {"421", 9, 9},  {"423", 7, 9},  {"43", 7, 13},  {"44", 9, 10},  {"45", 8, 8},   {"46", 7, 10},  {"47", 8, 8},
    {"48", 9, 9},   {"49", 7, 12},  {"500", 5, 5},  {"501", 7, 7},  {"502", 8, 8},  {"503", 8, 8},  {"504", 8, 8},
    {"505", 8, 8},  {"506", 8, 8},  {"507", 7, 8},  {"508", 6, 9},  {"509", 8, 8},  {"51", 8, 9},   {"52", 10, 11},
    {"53", 8, 8},   {"54", 10, 11}, {"55", 10, 11}, {"56", 9, 9},   {"57", 10, 10}, {"58", 10, 10}, {"590", 9, 9},
    {"591", 8, 8},  {"592", 7, 7},  {"593", 8, 9},  {"594", 9, 9},  {"595", 9, 9},  {"596", 9, 9},  {"597", 6, 7},
    {"598", 8, 8},  {"599", 7, 8},  {"60", 8, 10},  {"61", 9, 9},   {"62", 8, 12},  {"63", 9, 10},  {"64", 8, 10},
    {"65", 8, 8},   {"66", 8, 9},   {"670", 7, 8},  {"672", 6, 6},  {"673", 7, 7},  {"674", 7, 7},  {"675", 7, 8},
    {"676", 5, 7},  {"677", 5, 7},  {"678", 5, 7},  {"679", 7, 7},  {"680", 7, 7},  {"681", 6, 6},  {"682", 5, 5},
    {"685", 5, 7},  {"686", 5, 8},  {"687", 6, 6},  {"688", 5, 7},  {"689", 8, 8},  {"690", 4, 7},  {"691", 7, 7},
    {"692", 7, 7},  {"7", 10, 10},  {"81", 9, 10},  {"82", 8, 10},  {"84", 9, 10},  {"850", 8, 10}, {"852", 8, 8},
    {"853", 8, 8},  {"855", 8, 9},  {"856", 8, 10}, {"86", 10, 11}, {"870", 9, 9},  {"880", 8, 10}, {"881", 8, 9},
    {"882", 7, 12}, {"883", 7, 12}, {"886", 8, 9},  {"90", 10, 10}, {"91", 10, 10}, {"92", 9, 10},  {"93", 9, 9},
    {"94", 9, 9},   {"95", 7, 10},  {"960", 7, 7},  {"961", 7, 8},  {"962", 8, 9},  {"963", 8, 9},  {"964", 8, 10},
    {"965", 8, 8},  {"966", 8, 9},  {"967", 7, 9},  {"968", 8, 8},  {"970", 8, 9},  {"971", 8, 9},  {"972", 8, 9},
    {"973", 8, 8},  {"974", 8, 8},  {"975", 7, 8},  {"976", 8, 8},  {"977", 8, 10}, {"98", 10, 10}, {"992", 9, 9},
    {"993", 8, 8},  {"994", 9, 9},  {"995", 9, 9},  {"996", 9, 9},  {"998", 9, 9},
});

const Plan* plan_of(std::string_view digits) {
  for (std::size_t length = 1; length <= 3 && length <= digits.size(); ++length) {
    const auto found = std::ranges::lower_bound(kPlans, digits.substr(0, length), {}, &Plan::code);
    if (found != kPlans.end() && found->code == digits.substr(0, length)) return &*found;
  }
  return nullptr;
}

// All but one of them the same, or one up or down each time: nobody's number, and what forms show as an example.
bool is_filler(std::string_view digits) {
  const auto same = std::ranges::count(digits, digits.back());
  return static_cast<std::size_t>(same) + 1 >= digits.size();
}

}  // namespace

std::string international_number(std::string_view digits) {
  constexpr std::size_t kMost = 15;  // E.164
  if (digits.size() > kMost || !std::ranges::all_of(digits, is_digit)) return {};
  const Plan* const plan = plan_of(digits);
  if (plan == nullptr) return {};
  const std::string_view rest = digits.substr(plan->code.size());
  if (rest.size() < plan->fewest || rest.size() > plan->most || is_filler(rest)) return {};
  // NANP: area and exchange begin with 2 to 9.
  if (plan->code == "1" && (rest[0] < '2' || rest[3] < '2')) return {};
  // A trunk prefix is left out behind the code, but in Italy, where it is part of the number.
  if (rest[0] == '0' && plan->code != "39" && plan->code != "225" && plan->code != "378" && plan->code != "242" &&
      plan->code != "229" && plan->code != "241")
    return {};
  return "+" + std::string(digits);
}

std::string national_number(std::string_view dialled, const people::Country* at_home) {
  if (at_home == nullptr || at_home->trunk != "0" || !dialled.starts_with('0') || dialled.starts_with("00")) return {};
  return international_number(std::string(at_home->calling) + std::string(dialled.substr(1)));
}

bool has_calling_code(std::string_view digits) {
  return plan_of(digits) != nullptr;
}

}  // namespace limier::entities
