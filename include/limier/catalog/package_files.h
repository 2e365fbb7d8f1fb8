// What the package database of a device says of its files.
#pragma once

#include "limier/catalog/rows.h"

namespace limier::catalog {

struct PackageFile {
  static constexpr KindInfo kKind{
      .name = "package_file",
      .plural = "package_files",
      .title = "Files that are not as their package brought them",
      .meaning = "Files in use whose bytes are others than the package database of the device lists for their path.",
      .origin = Origin::kContent,
      .summary = ""};
  static constexpr auto columns() {
    return std::tuple{
        Column{"path", &PackageFile::path, As::kText, "as listed, from the root of that system"},
        Column{"md5", &PackageFile::md5, As::kOwnText, "that the package had for it"},
    };
  }

  RowPlace place;
  std::string path, md5;
};

}  // namespace limier::catalog
