# The plug-in is built where the crash utility is installed, for that version of it. A sanitized one
# cannot be loaded into a crash that is not.
set(crash_plugin_default ON)
if(KMORTEM_SANITIZE OR KMORTEM_FUZZ)
  set(crash_plugin_default OFF)
endif()
option(KMORTEM_CRASH_PLUGIN "Build kmortem.so for the crash utility, where that is installed"
       ${crash_plugin_default})
if(NOT KMORTEM_CRASH_PLUGIN)
  return()
endif()

find_path(KMORTEM_CRASH_INCLUDE defs.h PATH_SUFFIXES crash)
find_program(KMORTEM_CRASH crash)
if(KMORTEM_CRASH_INCLUDE AND KMORTEM_CRASH)
  # Header and program are of one package; only the program knows its version.
  execute_process(COMMAND ${KMORTEM_CRASH} --version OUTPUT_VARIABLE crash_banner ERROR_QUIET)
  if(crash_banner MATCHES "crash ([0-9][^\n ]*)")
    set(KMORTEM_CRASH_VERSION ${CMAKE_MATCH_1})
  endif()
endif()
if(KMORTEM_CRASH_VERSION)
  message(STATUS "Building the plug-in for crash ${KMORTEM_CRASH_VERSION}")
  add_subdirectory(plugins/crash)
else()
  message(STATUS "No plug-in for crash: the package \"crash\" is not installed")
endif()
