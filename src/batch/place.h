// Where an index is built: in its place in the case, or on node-local storage and moved into place when it is finished.
#pragma once

#include "limier/batch.h"

namespace limier::batch {

// The scratch folder to use, "" to build in place. `wanted` is the option; see ExecOptions::scratch.
std::string scratch_for(const CaseFolder& folder, const std::string& wanted);

class WorkPlace {
 public:
  // `scratch` "": in place.
  WorkPlace(const CaseFolder& folder, const std::string& exhibit_folder, const std::string& scratch);
  // The folder to triage into.
  [[nodiscard]] const std::string& dir() const { return dir_; }
  [[nodiscard]] bool in_place() const { return dir_ == final_; }
  // Makes the way to the folder, and brings what an interrupted attempt left in the case to the scratch folder.
  Status prepare(bool resume);
  // Copies the folder into the case: every file synced, read again and compared, then one rename. What was there before
  // is replaced. Removes the scratch copy. Does nothing in place.
  Status publish();

 private:
  std::string final_;  // CASE/exhibits/FOLDER
  std::string dir_;
};

}  // namespace limier::batch
