// Progress as the terminal may show it: what a scope hides is masked in remarks and news too.
#pragma once

#include <memory>
#include <utility>

#include "limier/base/progress.h"
#include "limier/catalog/scope.h"

namespace limier::app {

class ScopedProgress final : public Progress {
 public:
  ScopedProgress(Progress& shown, std::shared_ptr<const catalog::Scope> scope)
      : shown_(shown), scope_(std::move(scope)) {}
  void stage_started(std::string_view stage, std::uint64_t total, std::string_view unit) override {
    shown_.stage_started(stage, total, unit);
  }
  void advanced(std::uint64_t done) override { shown_.advanced(done); }
  void stage_ended() override { shown_.stage_ended(); }
  void note(std::string_view message) override { shown_.note(readable(message)); }
  void finding(const FindingNews& news) override {
    FindingNews masked = news;
    masked.title = readable(news.title);
    masked.reason = readable(news.reason);
    shown_.finding(masked);
  }

 private:
  [[nodiscard]] std::string readable(std::string_view text) const {
    return std::string(scope_ != nullptr && scope_->hides(text) != nullptr ? catalog::kMasked : text);
  }
  Progress& shown_;
  std::shared_ptr<const catalog::Scope> scope_;
};

}  // namespace limier::app
