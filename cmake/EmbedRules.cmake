# Writes OUTPUT, a C++ file with the bytes of every file of the packs in RULES: cmake -D RULES=… -D OUTPUT=… -P this.
file(GLOB_RECURSE files RELATIVE ${RULES} ${RULES}/*.toml ${RULES}/*.txt)
list(SORT files)
set(arrays "")
set(table "")
set(number 0)
foreach(name ${files})
  file(READ ${RULES}/${name} bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(APPEND arrays "constexpr unsigned char kFile${number}[] = {${bytes}};\n")
  string(APPEND table "    {\"${name}\", kFile${number}},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUTPUT} "#include \"rules/pack_files.h\"
namespace limier::rules {
namespace {
${arrays}
constexpr EmbeddedFile kFiles[] = {
${table}};
}  // namespace
std::span<const EmbeddedFile> embedded_files() {
  return kFiles;
}
}  // namespace limier::rules
")
