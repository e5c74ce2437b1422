# How every target of ours is made. One folder, one library; one test file, one binary.

# What every target of ours gets, and nobody who links to us.
add_library(segrid_private_flags INTERFACE)
target_compile_options(segrid_private_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor $<$<BOOL:${SEGRID_WERROR}>:-Werror>
  # Options are given by name, the rest keep their defaults; GCC 12 takes that for an oversight.
  -Wno-missing-field-initializers
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>)

# Sanitizers change the layout of what they watch, so every object gets them.
if(SEGRID_SANITIZE)
  add_compile_options(-fsanitize=${SEGRID_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${SEGRID_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    add_compile_options(-Wno-maybe-uninitialized) # Sees ghosts in <regex> among the checks that are added.
  endif()
  if(SEGRID_SANITIZE STREQUAL thread)
    if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
      add_compile_options(-Wno-tsan) # Boost has fences, which TSan does not see.
    endif()
    include(SegridTsan)
  endif()
endif()

# Debian's hardening (dpkg-buildflags with hardening=+all), and landing pads for indirect jumps where the processor has
# them. A mistake in memory then ends the process more often than it runs somebody's code. Sanitizers have checks of their
# own in the same places.
if(SEGRID_HARDEN AND NOT SEGRID_SANITIZE)
  include(CheckPIESupported)
  check_pie_supported()
  add_compile_options(-fstack-protector-strong)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    add_compile_options(-fcf-protection)
  endif()
  # It needs the optimizer; a distribution's compiler may define it already.
  add_compile_options($<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE> $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>)
  add_link_options(-Wl,-z,relro -Wl,-z,now)
endif()

find_program(SEGRID_CCACHE ccache)
if(SEGRID_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SEGRID_CCACHE})
endif()

# segrid_library(<name> HEADERS ... [SOURCES ...] [PUBLIC dep...] [PRIVATE dep...])
# One folder, one library. Headers are compiled alone by `all_verify_interface_header_sets`.
function(segrid_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "HEADERS;SOURCES;PUBLIC;PRIVATE")
  if(arg_SOURCES)
    add_library(${name} STATIC ${arg_SOURCES})
    set(scope PUBLIC)
    target_link_libraries(${name} PRIVATE $<BUILD_INTERFACE:segrid_private_flags> ${arg_PRIVATE})
  else()
    add_library(${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(segrid::${name} ALIAS ${name})
  target_compile_features(${name} ${scope} cxx_std_20)
  target_link_libraries(${name} ${scope} ${arg_PUBLIC})
  target_sources(${name} ${scope} FILE_SET HEADERS
    BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${arg_HEADERS})
  set_target_properties(${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  if(arg_SOURCES)
    set_target_properties(${name} PROPERTIES OUTPUT_NAME segrid_${name})
  endif()
endfunction()

# segrid_program(<name> SOURCES ... DEPS dep...): a binary in bin/.
function(segrid_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS")
  add_executable(${name} ${arg_SOURCES})
  target_compile_features(${name} PRIVATE cxx_std_20)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE segrid_private_flags ${arg_DEPS})
endfunction()

# segrid_test(<name>_test.cc DEPS dep... [LABEL unit|e2e|slow] [TIMEOUT s] [SOURCE_DIR]): one file, one binary, one ctest
# entry. SOURCE_DIR defines SEGRID_SOURCE_DIR.
function(segrid_test source)
  cmake_parse_arguments(PARSE_ARGV 1 arg "SOURCE_DIR" "LABEL;TIMEOUT" "DEPS")
  cmake_path(GET source STEM name)
  if(NOT arg_LABEL)
    set(arg_LABEL unit)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  if(SEGRID_SANITIZE)
    math(EXPR arg_TIMEOUT "${arg_TIMEOUT} * 6")
  endif()
  add_executable(${name} ${source})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  target_compile_features(${name} PRIVATE cxx_std_20)
  # A test that reads files of the sources is told where they are. The others are not, because the same command then
  # compiles them in every folder, and a compiler's cache serves them all.
  if(arg_SOURCE_DIR)
    target_compile_definitions(${name} PRIVATE SEGRID_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  endif()
  # The code under test is compiled as it is shipped; the test around it need not be fast.
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE segrid_private_flags ${arg_DEPS} GTest::gmock_main)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT})
endfunction()
