find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(CLI11 2 REQUIRED)
find_package(nlohmann_json 3 REQUIRED)
pkg_check_modules(TOMLPLUSPLUS REQUIRED IMPORTED_TARGET tomlplusplus)
pkg_check_modules(SQLITE3 REQUIRED IMPORTED_TARGET sqlite3>=3.37)
pkg_check_modules(LIBEWF REQUIRED IMPORTED_TARGET libewf)
pkg_check_modules(LIBDEFLATE REQUIRED IMPORTED_TARGET libdeflate)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
# libtsk is linked into limier-fs alone, and statically where the archive is installed: of it, only what reads partitions
# and file systems is taken. The shared one brings forty libraries with it, for networks and ciphers among others, and
# takes ten milliseconds to load. Its .pc file names only -ltsk.
pkg_check_modules(LIBTSK REQUIRED IMPORTED_TARGET tsk)
find_library(LIBTSK_ARCHIVE libtsk.a HINTS ${LIBTSK_LIBRARY_DIRS} ${LIBTSK_LIBDIR})
find_package(ZLIB REQUIRED)
# What members of archives are packed with (src/unpack).
find_package(BZip2 REQUIRED)
pkg_check_modules(LZMA REQUIRED IMPORTED_TARGET liblzma)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
add_library(limier_libtsk INTERFACE)
if(LIBTSK_ARCHIVE)
  target_include_directories(limier_libtsk SYSTEM INTERFACE ${LIBTSK_INCLUDE_DIRS})
  target_link_libraries(limier_libtsk INTERFACE ${LIBTSK_ARCHIVE} ZLIB::ZLIB)
else()
  target_link_libraries(limier_libtsk INTERFACE PkgConfig::LIBTSK)
endif()

# SQLite too is linked statically where the archive is installed: its functions call each other millions of times, and
# there not through a table.
find_library(SQLITE3_ARCHIVE libsqlite3.a HINTS ${SQLITE3_LIBRARY_DIRS} ${SQLITE3_LIBDIR})
add_library(limier_sqlite INTERFACE)
if(SQLITE3_ARCHIVE)
  target_include_directories(limier_sqlite SYSTEM INTERFACE ${SQLITE3_INCLUDE_DIRS})
  target_link_libraries(limier_sqlite INTERFACE ${SQLITE3_ARCHIVE} Threads::Threads ${CMAKE_DL_LIBS} m)
else()
  target_link_libraries(limier_sqlite INTERFACE PkgConfig::SQLITE3)
endif()

# libpff is linked statically and keeps its names to itself: libewf brings libraries of the same names in other versions
# (src/content/pff.h). Of libbfio only the header is used.
find_path(LIBPFF_INCLUDE_DIR libpff.h REQUIRED)
find_path(LIBBFIO_INCLUDE_DIR libbfio.h REQUIRED)
find_library(LIBPFF_ARCHIVE libpff.a REQUIRED)
add_library(limier_libpff INTERFACE)
target_include_directories(limier_libpff SYSTEM INTERFACE ${LIBPFF_INCLUDE_DIR} ${LIBBFIO_INCLUDE_DIR})
target_link_libraries(limier_libpff INTERFACE ${LIBPFF_ARCHIVE} ZLIB::ZLIB Threads::Threads)
target_link_options(limier_libpff INTERFACE "LINKER:--exclude-libs,libpff.a")

# Hyperscan exists for amd64 alone, so RE2 can stand in for it; limier tests at its start that it is not the library of
# the same name that misses matches.
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(HYPERSCAN IMPORTED_TARGET libhs)
add_library(limier_regex INTERFACE)
target_link_libraries(limier_regex INTERFACE PkgConfig::RE2)
if(HYPERSCAN_FOUND)
  target_link_libraries(limier_regex INTERFACE PkgConfig::HYPERSCAN)
  target_compile_definitions(limier_regex INTERFACE LIMIER_HYPERSCAN)
endif()
# libmagic names what the table of types leaves.
pkg_check_modules(LIBMAGIC REQUIRED IMPORTED_TARGET libmagic)

# libyara is linked statically, since only so limier chooses its modules (src/content/yara_modules.cpp): the shared one
# brings libcrypto with it.
find_path(LIBYARA_INCLUDE_DIR yara.h REQUIRED)
find_library(LIBYARA_ARCHIVE libyara.a REQUIRED)
add_library(limier_libyara INTERFACE)
target_include_directories(limier_libyara SYSTEM INTERFACE ${LIBYARA_INCLUDE_DIR})
target_link_libraries(limier_libyara INTERFACE ${LIBYARA_ARCHIVE} Threads::Threads m)
