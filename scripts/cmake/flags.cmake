# SPDX-License-Identifier: Apache-2.0
# Warnings, hardening and sanitizers, as one interface target that every target of ours links.
add_library(tbgw_flags INTERFACE)
target_compile_options(tbgw_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -Wnull-dereference -Wformat=2 -Wimplicit-fallthrough)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(tbgw_flags INTERFACE -Wduplicated-cond -Wlogical-op -Wuseless-cast)
endif()
if(TBGW_DEV)
  target_compile_options(tbgw_flags INTERFACE -Werror)
endif()

if(TBGW_SANITIZE)
  set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  # -O1: with -O2 the sanitized build takes several times as long to compile.
  target_compile_options(tbgw_flags INTERFACE ${sanitizers} -g1 -O1)
  target_link_options(tbgw_flags INTERFACE ${sanitizers})
elseif(TBGW_FUZZ)
  set(sanitizers -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -g)
  target_compile_options(tbgw_flags INTERFACE ${sanitizers})
  target_link_options(tbgw_flags INTERFACE ${sanitizers})
else()
  target_compile_options(tbgw_flags INTERFACE
    -fstack-protector-strong -fstack-clash-protection
    $<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|i.86")
    target_compile_options(tbgw_flags INTERFACE -fcf-protection)
  endif()
  target_link_options(tbgw_flags INTERFACE -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed)
endif()
