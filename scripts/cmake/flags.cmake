# SPDX-License-Identifier: Apache-2.0
# Warnings, sanitizers and hardening. Every library and tool of ours links tbgw_flags; unit tests,
# which are not hardened, tbgw_checks.
add_library(tbgw_checks INTERFACE)
add_library(tbgw_flags INTERFACE)
target_link_libraries(tbgw_flags INTERFACE tbgw_checks)
target_compile_options(tbgw_checks INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -Wnull-dereference -Wformat=2 -Wimplicit-fallthrough)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(tbgw_checks INTERFACE -Wduplicated-cond -Wlogical-op -Wuseless-cast)
endif()
if(TBGW_DEV)
  target_compile_options(tbgw_checks INTERFACE -Werror)
endif()

if(TBGW_SANITIZE)
  set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  # -O0: with -O1 the sanitized build takes twice as long to compile, and that is most of its time.
  target_compile_options(tbgw_checks INTERFACE ${sanitizers} -g1 -O0)
  target_link_options(tbgw_checks INTERFACE ${sanitizers})
elseif(TBGW_FUZZ)
  set(sanitizers -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -g)
  target_compile_options(tbgw_checks INTERFACE ${sanitizers})
  target_link_options(tbgw_checks INTERFACE ${sanitizers})
else()
  target_compile_options(tbgw_flags INTERFACE
    -fstack-protector-strong -fstack-clash-protection
    $<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|i.86")
    target_compile_options(tbgw_flags INTERFACE -fcf-protection)
  endif()
  target_link_options(tbgw_flags INTERFACE -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed)
endif()
