# Manual pages and completions for bash and zsh, made from the programs' own --help while building; the documents, with
# links that lead somewhere where they are installed.

set(segrid_manual ${PROJECT_SOURCE_DIR}/cmake/manual)
set(segrid_manual_dir ${PROJECT_BINARY_DIR}/manual)
find_program(SEGRID_PYTHON NAMES python3 PATHS /usr/bin NO_DEFAULT_PATH REQUIRED)

# segrid_manual(<program> COMPONENT <component>): its page and completions, in this build and with its package.
function(segrid_manual program)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "COMPONENT" "")
  set(page ${segrid_manual_dir}/${program}.1)
  set(bash ${segrid_manual_dir}/${program}.bash)
  set(zsh ${segrid_manual_dir}/_${program})
  add_custom_command(
    OUTPUT ${page} ${bash} ${zsh}
    COMMAND ${SEGRID_PYTHON} -B ${segrid_manual}/make_manual.py $<TARGET_FILE:${program}> ${segrid_manual_dir}
    DEPENDS ${program} ${segrid_manual}/make_manual.py ${segrid_manual}/help_pages.py ${segrid_manual}/man_page.py
            ${segrid_manual}/completion.py
    COMMENT "Manual page and completions of ${program}" VERBATIM)
  add_custom_target(${program}-manual ALL DEPENDS ${page} ${bash} ${zsh})
  add_dependencies(installable ${program}-manual)
  install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT ${arg_COMPONENT})
  install(FILES ${bash} DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME ${program}
    COMPONENT ${arg_COMPONENT})
  install(FILES ${zsh} DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT ${arg_COMPONENT})
endfunction()

# segrid_pages(COMPONENT <component>): README.md and docs/ with its package.
function(segrid_pages)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "COMPONENT" "")
  set(out ${PROJECT_BINARY_DIR}/pages)
  file(GLOB pages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docs/* ${PROJECT_SOURCE_DIR}/*.md)
  add_custom_command(
    OUTPUT ${out}/README.md
    COMMAND ${SEGRID_PYTHON} -B ${segrid_manual}/packaged_pages.py ${PROJECT_SOURCE_DIR} ${out}
    DEPENDS ${pages} ${segrid_manual}/packaged_pages.py
    COMMENT "Documents for the package" VERBATIM)
  add_custom_target(segrid-pages ALL DEPENDS ${out}/README.md)
  add_dependencies(installable segrid-pages)
  install(DIRECTORY ${out}/ DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/segrid-server COMPONENT ${arg_COMPONENT})
endfunction()
