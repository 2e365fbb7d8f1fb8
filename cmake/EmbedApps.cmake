# Run by the build: the bytes of packs/detect/apps.toml as a source file.   cmake -DIN=… -DOUT=… -P EmbedApps.cmake
file(READ ${IN} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
file(WRITE ${OUT} "// Made from packs/detect/apps.toml.
#include \"content/apps.h\"

namespace limier::content {

PackText own_app_list() {
  static constexpr char kBytes[] = {${bytes}'\\0'};
  return {\"apps.toml\", std::string(kBytes, sizeof kBytes - 1)};
}

}  // namespace limier::content
")
