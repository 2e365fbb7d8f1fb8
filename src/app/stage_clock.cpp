#include "app/stage_clock.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <utility>

namespace limier::app {

namespace {

std::chrono::microseconds cpu_of(int who) {
  rusage usage{};
  if (getrusage(static_cast<__rusage_who>(who), &usage) != 0) return std::chrono::microseconds{0};
  const auto micros = [](const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  return micros(usage.ru_utime) + micros(usage.ru_stime);
}

auto milliseconds(auto duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

}  // namespace

StageClock::Reading StageClock::read() {
  return {std::chrono::steady_clock::now(), cpu_of(RUSAGE_SELF), cpu_of(RUSAGE_CHILDREN)};
}

void StageClock::begin(std::string_view stage) {
  end();
  stage_ = stage;
  began_ = read();
}

void StageClock::end() {
  if (stage_.empty()) return;
  const Reading now = read();
  fields_.emplace_back(stage_,
                       fmt::format("wall_ms={} cpu_ms={} workers_cpu_ms={}", milliseconds(now.wall - began_.wall),
                                   milliseconds(now.own - began_.own), milliseconds(now.workers - began_.workers)));
  stage_.clear();
}

AuditLog::Fields StageClock::finish() {
  end();
  return std::exchange(fields_, {});
}

AuditLog::Fields sweep_measures(const worker::WorkerStats& stats) {
  AuditLog::Fields fields{{"chunks_decoded", std::to_string(stats.chunks_decoded)},
                          {"pieces_deferred", std::to_string(stats.pieces_deferred)},
                          {"seeks_back", std::to_string(stats.seeks_back)}};
  for (const StageCost& cost : stats.stages)
    if (cost.stage == "keywords")
      fields.emplace_back(cost.stage,
                          fmt::format("cpu_us={} mib={} mb_per_cpu_s={}", cost.cpu_ns / 1000, cost.tasks,
                                      (cost.tasks << 20u) * 1000 / std::max<std::uint64_t>(cost.cpu_ns, 1)));
    else
      fields.emplace_back(cost.stage, fmt::format("cpu_us={} tasks={}", cost.cpu_ns / 1000, cost.tasks));
  return fields;
}

}  // namespace limier::app
