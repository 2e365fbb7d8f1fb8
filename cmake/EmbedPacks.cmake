# Run by the build: the bytes of packs/*.toml as a source file.   cmake -DFOLDER=… -DOUT=… -P EmbedPacks.cmake
file(GLOB packs ${FOLDER}/*.toml)
list(SORT packs)
set(arrays "")
set(entries "")
set(number 0)
foreach(pack ${packs})
  get_filename_component(name ${pack} NAME)
  file(READ ${pack} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
  string(APPEND arrays "constexpr char kPack${number}[] = {${bytes}'\\0'};\n")
  string(APPEND entries "      {\"${name}\", std::string(kPack${number}, sizeof kPack${number} - 1)},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUT} "// Made from packs/*.toml.
#include \"limier/content/packs.h\"

namespace limier::content {
namespace {
${arrays}}  // namespace

std::span<const PackText> own_packs() {
  static const std::vector<PackText> kPacks{
${entries}  };
  return kPacks;
}

}  // namespace limier::content
")
