# Every target of ours links limier_options: the warning set, the sanitizers and the hardening flags.
add_library(limier_options INTERFACE)
target_compile_options(limier_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC bug 105651: false alarms in std::string's own operator+ at -O2.
  target_compile_options(limier_options INTERFACE -Wno-restrict)
endif()
if(LIMIER_WERROR)
  target_compile_options(limier_options INTERFACE -Werror)
endif()
if(LIMIER_SANITIZE)
  target_compile_options(limier_options INTERFACE -fsanitize=${LIMIER_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(limier_options INTERFACE -fsanitize=${LIMIER_SANITIZE})
  target_compile_definitions(limier_options INTERFACE LIMIER_SANITIZED=1)
else()
  target_compile_options(limier_options INTERFACE -fstack-protector-strong)
  target_link_options(limier_options INTERFACE -Wl,-z,relro,-z,now)
endif()
# The programs are hashed for every manifest and loaded several times a run: what nobody calls is left out, and the names
# of what is called.
target_compile_options(limier_options INTERFACE -ffunction-sections -fdata-sections)
target_link_options(limier_options INTERFACE -Wl,--gc-sections $<$<CONFIG:Release>:-s>)
if(LIMIER_FUZZ)
  # Without coverage in the libraries the fuzzer is blind.
  target_compile_options(limier_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
# No path of the build machine may end up in a binary or a report.
target_compile_options(limier_options INTERFACE -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
