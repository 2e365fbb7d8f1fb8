# Writes OUTPUT, a C++ file with the bytes of every part of the catalogue in LANG: cmake -D LANG=… -D OUTPUT=… -P this.
file(GLOB files RELATIVE ${LANG} ${LANG}/*.txt)
list(SORT files)
set(arrays "")
set(table "")
set(number 0)
foreach(name ${files})
  file(READ ${LANG}/${name} bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
  string(APPEND arrays "constexpr char kPart${number}[] = {${bytes}};\n")
  string(APPEND table "    {\"${name}\", {kPart${number}, sizeof(kPart${number})}},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUTPUT} "#include \"report/words.h\"
namespace limier::report {
namespace {
${arrays}
constexpr EmbeddedWords kParts[] = {
${table}};
}  // namespace
std::span<const EmbeddedWords> embedded_words() {
  return kParts;
}
}  // namespace limier::report
")
