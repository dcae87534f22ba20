# SPDX-License-Identifier: Apache-2.0
# Where Debian expects manuals, completions and documents, and the .deb (cpack -G DEB). The binaries
# are installed by tbgw_add_tool().

file(GLOB manuals CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/man/*.[1-8])
foreach(manual IN LISTS manuals)
  string(REGEX MATCH "[1-8]$" section ${manual})
  install(FILES ${manual} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()

set(completions ${PROJECT_SOURCE_DIR}/completions)
install(DIRECTORY ${completions}/bash/ DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(DIRECTORY ${completions}/fish/ DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
# zsh looks for those of packages and for those of /usr/local in folders of different names; which
# it is to be is known only at install time.
install(CODE [[
  set(zsh_folder site-functions)
  if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
    set(zsh_folder vendor-completions)
  endif()
]])
install(DIRECTORY ${completions}/zsh/ DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/\${zsh_folder})

set(documents ${CMAKE_INSTALL_DATADIR}/doc/tbgw)
install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/scripts/package/copyright
        DESTINATION ${documents})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/scripts/examples/
        DESTINATION ${documents}/examples USE_SOURCE_PERMISSIONS PATTERN ".*" EXCLUDE)
install(FILES ${PROJECT_SOURCE_DIR}/scripts/systemd/tbgw-serial@.service
        DESTINATION ${documents}/examples)

# Services. In the sources they name what is below /usr; where they go is known only at install time.
set(services ${PROJECT_SOURCE_DIR}/scripts)
set(stages tbgw tbgw-uplink tbgw-route tbgw-connector)
install(PROGRAMS ${services}/libexec/stage DESTINATION libexec/tbgw)
install(FILES ${services}/systemd/tbgw.service ${services}/systemd/tbgw-uplink.service
              ${services}/systemd/tbgw-route.service ${services}/systemd/tbgw-connector@.service
        DESTINATION lib/systemd/system)
install(FILES ${services}/package/sysusers.conf DESTINATION lib/sysusers.d RENAME tbgw.conf)
foreach(stage IN LISTS stages)
  install(DIRECTORY ${services}/s6/${stage} DESTINATION ${CMAKE_INSTALL_DATADIR}/tbgw/s6
          USE_SOURCE_PERMISSIONS)
  install(PROGRAMS ${services}/s6/finish DESTINATION ${CMAKE_INSTALL_DATADIR}/tbgw/s6/${stage})
endforeach()
install(CODE [[
  if(NOT CMAKE_INSTALL_PREFIX STREQUAL "/usr")
    set(root $ENV{DESTDIR}${CMAKE_INSTALL_PREFIX})
    file(GLOB services ${root}/lib/systemd/system/tbgw*.service ${root}/share/tbgw/s6/*/run)
    foreach(service IN LISTS services)
      file(READ ${service} text)
      string(REGEX REPLACE "/usr/(bin/tbgw-|libexec/tbgw/)" "${CMAKE_INSTALL_PREFIX}/\\1" text "${text}")
      file(WRITE ${service} "${text}")
    endforeach()
  endif()
]])

set(CPACK_GENERATOR DEB)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_PACKAGE_NAME tbgw)
set(CPACK_PACKAGE_VENDOR tbgw)
set(CPACK_PACKAGE_CONTACT "tbgw maintainers <maintainers@tbgw.invalid>" CACHE STRING
    "Maintainer of the Debian package")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "systemd | systemd-standalone-sysusers | systemd-sysusers")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${services}/package/postinst ${services}/package/prerm
                                       ${services}/package/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Small filters do the job of the ThingsBoard IoT Gateway: connectors read
serial and other field devices and print records, one JSON object a line;
a converter gives them meaning; tbgw-push delivers them to ThingsBoard over
MQTT and brings attribute updates and RPC calls back to the devices.")
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
# What only a package has: compressed manuals and a changelog.
configure_file(${PROJECT_SOURCE_DIR}/scripts/package/changelog.in
               ${PROJECT_BINARY_DIR}/package/changelog @ONLY)
configure_file(${PROJECT_SOURCE_DIR}/scripts/package/finish.cmake.in
               ${PROJECT_BINARY_DIR}/package/finish.cmake @ONLY)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_BINARY_DIR}/package/finish.cmake)
include(CPack)

# The names of the tools, a line each, for whoever loops over all of them.
get_property(tools GLOBAL PROPERTY TBGW_TOOLS)
list(JOIN tools "\n" tools)
file(WRITE ${PROJECT_BINARY_DIR}/tools.txt "${tools}\n")
