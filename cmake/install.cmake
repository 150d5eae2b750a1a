include(GNUInstallDirs)
install(TARGETS kmortem RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${PROJECT_SOURCE_DIR}/docs/kmortem.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${PROJECT_SOURCE_DIR}/cmake/completion/kmortem
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/LICENSE
        DESTINATION ${CMAKE_INSTALL_DOCDIR})
# Where crash looks for what "extend" names, below its own prefix.
if(TARGET kmortem_crash)
  install(TARGETS kmortem_crash LIBRARY DESTINATION lib/crash/extensions)
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME kmortem)
set(CPACK_PACKAGE_VENDOR kmortem)
set(CPACK_PACKAGE_CONTACT "kmortem developers <kmortem@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "post-mortem for the Linux kernel's locks")
set(CPACK_PACKAGE_DESCRIPTION
"Reads a vmcore and says which locks were held, what lockdep had recorded,
what is wrong, the evidence, and the fix.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_STRIP_FILES ON)
include(CPack)
