# segrid_script_test(<name>.py ARGS arg... [LABEL e2e|unit] [TIMEOUT s]): a test written in Python, one ctest entry.
#
# The interpreter is Debian's own: it has the packages that some scripts need (python3-grpcio), others in PATH do not.
find_program(SEGRID_PYTHON NAMES python3 PATHS /usr/bin NO_DEFAULT_PATH REQUIRED)

function(segrid_script_test script)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "LABEL;TIMEOUT" "ARGS")
  cmake_path(GET script STEM name)
  if(NOT arg_LABEL)
    set(arg_LABEL e2e)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  if(SEGRID_SANITIZE)
    math(EXPR arg_TIMEOUT "${arg_TIMEOUT} * 6")
  endif()
  add_test(NAME ${name} COMMAND ${SEGRID_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/${script} ${arg_ARGS})
  set_tests_properties(${name} PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT}
    ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
endfunction()
