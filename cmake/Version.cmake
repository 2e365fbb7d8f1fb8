# The version is that of the project. The commit is a fact about each build: looked up whenever something is built, and a
# file of its own, so that a new commit compiles nothing else again.
configure_file(${CMAKE_SOURCE_DIR}/cmake/version.h.in ${CMAKE_BINARY_DIR}/generated/limier/version.h @ONLY)
add_custom_target(commit_stamp BYPRODUCTS ${CMAKE_BINARY_DIR}/generated/commit.cpp
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${CMAKE_SOURCE_DIR} -DOUT=${CMAKE_BINARY_DIR}/generated/commit.cpp
          -P ${CMAKE_SOURCE_DIR}/cmake/Commit.cmake VERBATIM)
add_library(limier_commit STATIC ${CMAKE_BINARY_DIR}/generated/commit.cpp)
add_dependencies(limier_commit commit_stamp)
target_include_directories(limier_commit PUBLIC ${CMAKE_BINARY_DIR}/generated)
