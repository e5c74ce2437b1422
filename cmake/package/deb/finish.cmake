# Runs before the packages are made, over what was installed for them: what is below the prefix's etc/ belongs into /etc of
# the machine, manual pages are compressed, and each package has a changelog and says which of lintian's tags are meant so.
file(GLOB folders ${CPACK_TEMPORARY_DIRECTORY}/*/usr/etc)
foreach(folder IN LISTS folders)
  cmake_path(GET folder PARENT_PATH usr)
  cmake_path(GET usr PARENT_PATH root)
  file(RENAME ${folder} ${root}/etc)
endforeach()

function(compress)
  execute_process(COMMAND gzip --best --no-name --force ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(GLOB pages ${CPACK_TEMPORARY_DIRECTORY}/*/usr/share/man/man1/*.1)
if(pages)
  compress(${pages})
endif()

file(GLOB folders ${CPACK_TEMPORARY_DIRECTORY}/*/usr/share/doc/*)
foreach(folder IN LISTS folders)
  cmake_path(GET folder FILENAME package)
  file(WRITE ${folder}/changelog "segrid (${CPACK_PACKAGE_VERSION}) unstable; urgency=medium

  * What changed is in CHANGELOG.md of the source, and in
    /usr/share/doc/segrid-server/CHANGELOG.md.

 -- ${CPACK_PACKAGE_CONTACT}  Mon, 30 Nov 2026 00:00:00 +0000
")
  compress(${folder}/changelog)
  cmake_path(SET overrides ${CMAKE_CURRENT_LIST_DIR}/overrides/${package})
  if(EXISTS ${overrides})
    cmake_path(SET there NORMALIZE ${folder}/../../lintian/overrides)
    file(MAKE_DIRECTORY ${there})
    file(COPY ${overrides} DESTINATION ${there} FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
  endif()
endforeach()
