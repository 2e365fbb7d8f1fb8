// Where an index is built: in its place in the case, or on node-local storage and moved into place when it is finished.
#pragma once

#include "limier/batch.h"

namespace limier::batch {

// The scratch folder to use, "" to build in place. `wanted` is the option; see ExecOptions::scratch.
std::string scratch_for(const CaseFolder& folder, const std::string& wanted);

// Removes from the scratch folder what killed attempts left there of exhibits that were finished since, on whatever
// machine. What is not finished stays: the next attempt goes on from it.
void clear_scratch(const CaseFolder& folder, const std::string& scratch);

class WorkPlace {
 public:
  // `scratch` "": in place.
  WorkPlace(const CaseFolder& folder, const std::string& exhibit_folder, const std::string& scratch);
  // The folder to triage into.
  [[nodiscard]] const std::string& dir() const { return dir_; }
  [[nodiscard]] bool in_place() const { return dir_ == final_; }
  // Makes the folder, and brings what an interrupted attempt left in the case to the scratch folder.
  Status prepare(bool resume);
  // Removes the copies into the case that killed attempts did not end. The caller holds the task's lock.
  void clear_half_copies() const;
  // Copies the folder into the case: every file synced, read again and compared, then one rename. What was there before
  // is replaced. Removes the scratch copy. Does nothing in place.
  Status publish();

 private:
  std::string final_;  // CASE/exhibits/FOLDER
  std::string dir_;
  std::string scratch_;  // of the case on this machine; "" in place
};

}  // namespace limier::batch
