// Files that the package database of the device vouches for.
#pragma once

#include "store/db.h"

namespace limier::store {

// Makes temp.found_file(row_id, file_id, content_id, same): the files that rows of v_package_file speak of, and whether
// they are as listed.
Status find_package_files(Database& db);
// Holds the rows of v_package_file against the files: those that are as listed are known, and their rows go; so do rows
// of files that are not there. Before rows get their numbers, and after hash sets had their say.
Status settle_packages(Database& db);

}  // namespace limier::store
