# Warnings and sanitizers, for every target of the project.
add_library(kmortem_options INTERFACE)
target_compile_options(kmortem_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor> $<$<COMPILE_LANGUAGE:CXX>:-Woverloaded-virtual>)
# GCC 12's own headers use what clang 19 calls deprecated.
target_compile_options(kmortem_options INTERFACE
  $<$<COMPILE_LANG_AND_ID:CXX,Clang>:-Wno-deprecated-declarations>)
if(KMORTEM_WERROR)
  target_compile_options(kmortem_options INTERFACE -Werror)
endif()
if(KMORTEM_SANITIZE)
  target_compile_options(kmortem_options INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_link_options(kmortem_options INTERFACE -fsanitize=address,undefined)
endif()
if(KMORTEM_FUZZ)
  target_compile_options(kmortem_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
target_include_directories(kmortem_options INTERFACE ${PROJECT_SOURCE_DIR}/src)

# The layers also go into a shared object that crash loads: position independent, and with no symbol
# that could stand in for one of crash's own or of the gdb inside it. Hidden symbols are called and
# read as directly as before, so that the binary does not pay for it.
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)

find_program(KMORTEM_CCACHE ccache)
if(KMORTEM_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${KMORTEM_CCACHE})
endif()

# kmortem_layer(NAME SOURCES... USES LAYERS-AND-LIBRARIES...)
# One static library a folder under src/; what it may use is what it names.
function(kmortem_layer name)
  cmake_parse_arguments(LAYER "" "" "SOURCES;USES" ${ARGN})
  add_library(kmortem_${name} STATIC ${LAYER_SOURCES})
  target_link_libraries(kmortem_${name} PUBLIC kmortem_options ${LAYER_USES})
endfunction()
