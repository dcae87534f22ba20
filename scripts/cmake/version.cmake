# SPDX-License-Identifier: Apache-2.0
# version.hpp: the release, what git says of this checkout, and the build date (the clock cannot
# honestly be earlier than that).
execute_process(COMMAND git -C ${PROJECT_SOURCE_DIR} describe --always --dirty --tags
                OUTPUT_VARIABLE TBGW_GIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT TBGW_GIT)
  set(TBGW_GIT "release")
endif()
string(TIMESTAMP TBGW_BUILD_SECONDS "%s" UTC)  # honours SOURCE_DATE_EPOCH
string(TIMESTAMP TBGW_BUILD_DATE "%a, %d %b %Y %H:%M:%S +0000" UTC)
configure_file(${PROJECT_SOURCE_DIR}/scripts/cmake/version.hpp.in
               ${PROJECT_BINARY_DIR}/generated/core/version.hpp @ONLY)
