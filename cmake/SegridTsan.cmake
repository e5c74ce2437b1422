# For SEGRID_SANITIZE=thread: every program is linked with tsan_abseil.cc, which explains Debian's Abseil to TSan. The
# functions that it wraps are named there alone.
set(segrid_tsan_source ${CMAKE_CURRENT_LIST_DIR}/tsan_abseil.cc)
set(segrid_tsan_object ${PROJECT_BINARY_DIR}/tsan_abseil.o)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${segrid_tsan_source})
execute_process(
  COMMAND ${CMAKE_CXX_COMPILER} -std=gnu++20 -O1 -g1 -fPIC -c ${segrid_tsan_source} -o ${segrid_tsan_object}
  COMMAND_ERROR_IS_FATAL ANY)
file(READ ${segrid_tsan_source} segrid_tsan_text)
string(REGEX MATCHALL "_ZN?K?4absl[A-Za-z0-9_]+" segrid_tsan_wrapped "${segrid_tsan_text}")
list(REMOVE_DUPLICATES segrid_tsan_wrapped)
list(TRANSFORM segrid_tsan_wrapped PREPEND LINKER:--wrap=)
add_link_options(${segrid_tsan_wrapped})
string(APPEND CMAKE_CXX_STANDARD_LIBRARIES " ${segrid_tsan_object} -labsl_synchronization")
