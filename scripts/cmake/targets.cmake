# SPDX-License-Identifier: Apache-2.0

# tbgw_add_library(NAME [LINK...]): lib/NAME/*.cpp as the static library tbgw_NAME.
# Headers are included as "NAME/header.hpp".
function(tbgw_add_library name)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/lib/${name}/*.cpp)
  add_library(tbgw_${name} STATIC ${sources})
  target_include_directories(tbgw_${name} PUBLIC ${PROJECT_SOURCE_DIR}/lib
                                                 ${PROJECT_BINARY_DIR}/generated)
  target_link_libraries(tbgw_${name} PRIVATE tbgw_flags PUBLIC ${ARGN})
endfunction()

# tbgw_add_tool(NAME [LINK...]): tools/NAME.cpp as the binary NAME; TBGW_TOOLS collects the names.
function(tbgw_add_tool name)
  add_executable(${name} ${PROJECT_SOURCE_DIR}/tools/${name}.cpp)
  target_link_libraries(${name} PRIVATE tbgw_flags tbgw_core CLI11::CLI11 ${ARGN})
  # Inlined from CLI11, g++ 12 sees null pointers in std::vector<std::string>::emplace_back().
  set_source_files_properties(${PROJECT_SOURCE_DIR}/tools/${name}.cpp
                              PROPERTIES COMPILE_OPTIONS -Wno-null-dereference)
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  set_property(GLOBAL APPEND PROPERTY TBGW_TOOLS ${name})
endfunction()
