# Run by the build. Writes OUTPUT, a C++ file whose function limier::ROOM::FUNCTION() gives the files of FOLDER that match
# PATTERNS (with | between) with their bytes: cmake -D FOLDER=… -D PATTERNS=… -D ROOM=… -D FUNCTION=… -D OUTPUT=… -P this.
string(REPLACE "|" ";${FOLDER}/" patterns "${FOLDER}/${PATTERNS}")
file(GLOB files RELATIVE ${FOLDER} ${patterns})
list(SORT files)
set(arrays "")
set(table "")
set(number 0)
foreach(name ${files})
  file(READ ${FOLDER}/${name} bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
  string(APPEND arrays "constexpr char kFile${number}[] = {${bytes}'\\0'};\n")
  string(APPEND table "    {\"${name}\", {kFile${number}, sizeof(kFile${number}) - 1}},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUTPUT} "#include <span>

#include \"limier/base/embedded.h\"

namespace limier::${ROOM} {

namespace {
${arrays}constexpr EmbeddedFile kFiles[] = {
${table}};
}  // namespace

std::span<const EmbeddedFile> ${FUNCTION}();
std::span<const EmbeddedFile> ${FUNCTION}() {
  return kFiles;
}

}  // namespace limier::${ROOM}
")
