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
    ENVIRONMENT PYTHONDONTWRITEBYTECODE=1 SKIP_RETURN_CODE 77)
endfunction()

# segrid_script_needs(<test> <tool>): an entry that ctest lists as skipped where the tool is missing, and parts of the
# test with it; what a passing test does not do is seen nowhere else.
function(segrid_script_needs test tool)
  add_test(NAME ${test}_has_${tool} COMMAND sh -c
    "command -v ${tool} || { echo '${tool} is not installed: what ${test} does with it is skipped'; exit 77; }")
  set_tests_properties(${test}_has_${tool} PROPERTIES LABELS unit SKIP_RETURN_CODE 77)
endfunction()
