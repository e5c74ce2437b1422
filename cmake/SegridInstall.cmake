# `cmake --install`: programs, libraries, headers, protos, and how others find them (CMake and pkg-config). Static
# libraries are many, one per folder, behind segrid::<component>; with SEGRID_SHARED there is besides one shared library
# per component, segrid::<component>_shared, that shows its own names only.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(segrid_include_dir ${CMAKE_INSTALL_INCLUDEDIR}/segrid)
set(segrid_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/segrid)
file(RELATIVE_PATH segrid_prefix_from_pc /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)

# All that is installed, without tests and benches: `ninja installable`, then `cmake --install` or cpack, neither of which
# builds anything.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)
add_custom_target(installable)
add_dependencies(installable segrid segrid-server segrid_descriptors)

install(TARGETS segrid segrid-server RUNTIME COMPONENT server)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/proto/segrid DESTINATION ${CMAKE_INSTALL_DATADIR}/segrid/proto
  COMPONENT dev FILES_MATCHING PATTERN *.proto)
install(FILES ${PROJECT_BINARY_DIR}/proto/segrid.binpb DESTINATION ${CMAKE_INSTALL_DATADIR}/segrid COMPONENT dev)
install(DIRECTORY ${PROJECT_BINARY_DIR}/proto/segrid DESTINATION ${segrid_include_dir}
  COMPONENT dev FILES_MATCHING PATTERN *.pb.h PATTERN CMakeFiles EXCLUDE)
install(FILES ${PROJECT_BINARY_DIR}/generated/core/base/version.h DESTINATION ${segrid_include_dir}/core/base
  COMPONENT dev)

# What pkg-config calls a target of others; what has no file of its own is left to flags.
function(segrid_pkg_config_of target requires_out flags_out)
  set(requires)
  set(flags)
  if(target MATCHES "^absl::(.*)$")
    set(requires absl_${CMAKE_MATCH_1})
  elseif(target STREQUAL OpenSSL::SSL)
    set(requires libssl)
  elseif(target STREQUAL OpenSSL::Crypto)
    set(requires libcrypto)
  elseif(target STREQUAL protobuf::libprotobuf)
    set(requires protobuf)
  elseif(target STREQUAL gRPC::grpc++)
    set(requires grpc++)
  elseif(target STREQUAL gRPC::grpc++_reflection)
    set(requires grpc++) # It has no file of its own.
    set(flags -lgrpc++_reflection)
  elseif(target STREQUAL simdjson::simdjson)
    set(requires simdjson)
  elseif(target STREQUAL spdlog::spdlog)
    set(requires spdlog)
  elseif(target STREQUAL PostgreSQL::PostgreSQL)
    set(requires libpq)
  elseif(target STREQUAL SQLite::SQLite3)
    set(requires sqlite3)
  elseif(target STREQUAL yaml-cpp)
    set(requires yaml-cpp)
  elseif(target STREQUAL Threads::Threads)
    set(flags -pthread)
  elseif(target MATCHES "/lib([^/]*)\\.(so|a)$")
    set(flags -l${CMAKE_MATCH_1})
  endif()
  set(${requires_out} ${requires} PARENT_SCOPE)
  set(${flags_out} ${flags} PARENT_SCOPE)
endfunction()

# Writes segrid-<component>.pc, or segrid-<component>-shared.pc. LIBS: names after -l.
function(segrid_install_pkg_config component)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LIBS;EXTERNAL")
  set(requires)
  set(flags)
  foreach(target IN LISTS arg_EXTERNAL)
    segrid_pkg_config_of(${target} name flag)
    list(APPEND requires ${name})
    list(APPEND flags ${flag})
  endforeach()
  list(TRANSFORM arg_LIBS PREPEND -l)
  list(REMOVE_DUPLICATES flags)
  list(JOIN arg_LIBS " " libs)
  set(libs "-Wl,--start-group ${libs} -Wl,--end-group")
  list(JOIN flags " " flags)
  list(JOIN requires " " requires)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/package/segrid.pc.in ${PROJECT_BINARY_DIR}/package/segrid-${component}.pc
    @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/package/segrid-${component}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
    COMPONENT dev)
endfunction()

# Static: every library of ours behind a component, each under its own name.
function(segrid_install_static)
  set(all)
  foreach(component IN LISTS segrid_components segrid_static_components)
    segrid_closure(${component} OURS ours EXTERNAL external)
    list(APPEND all ${ours})
    set(libs)
    foreach(target IN LISTS ours)
      get_target_property(type ${target} TYPE)
      if(type STREQUAL STATIC_LIBRARY)
        get_target_property(output ${target} OUTPUT_NAME)
        if(NOT output)
          set(output ${target})
        endif()
        list(APPEND libs ${output})
      endif()
    endforeach()
    segrid_install_pkg_config(${component} LIBS ${libs} EXTERNAL ${external})
  endforeach()
  list(REMOVE_DUPLICATES all)
  list(REMOVE_ITEM all segrid_private_flags)
  add_dependencies(installable ${all})
  install(TARGETS ${all} EXPORT segrid ARCHIVE COMPONENT dev
    FILE_SET HEADERS DESTINATION ${segrid_include_dir} COMPONENT dev)
endfunction()

# Shared: one library per component, its names chosen by a version script.
function(segrid_install_shared)
  foreach(component IN LISTS segrid_components)
    segrid_closure(${component} OURS ours EXTERNAL external)
    set(static)
    foreach(target IN LISTS ours)
      get_target_property(type ${target} TYPE)
      if(type STREQUAL STATIC_LIBRARY)
        list(APPEND static ${target})
      endif()
    endforeach()
    set(name segrid_${component}_shared)
    set(names ${PROJECT_SOURCE_DIR}/cmake/package/${component}.names)
    add_library(${name} SHARED ${PROJECT_SOURCE_DIR}/cmake/package/shared.cc)
    set(archives ${static})
    list(TRANSFORM archives REPLACE "^.+$" "$<TARGET_FILE:\\0>")
    list(JOIN archives "," joined)
    target_link_libraries(${name} PRIVATE "-Wl,--whole-archive,${joined},--no-whole-archive" ${external})
    add_dependencies(${name} ${static})
    target_link_options(${name} PRIVATE -Wl,--version-script=${names} -Wl,--no-undefined)
    set_target_properties(${name} PROPERTIES OUTPUT_NAME segrid-${component} EXPORT_NAME ${component}_shared
      VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR} LINK_DEPENDS "${names};${archives}"
      LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
    target_include_directories(${name} INTERFACE $<INSTALL_INTERFACE:${segrid_include_dir}>)
    target_compile_features(${name} INTERFACE cxx_std_20)
    # What the headers of the component use, and inline functions in them call.
    set(public ${external})
    if(NOT component STREQUAL core)
      set(public protobuf::libprotobuf)
    endif()
    list(FILTER public INCLUDE REGEX "^(absl::|protobuf::)")
    target_link_libraries(${name} INTERFACE ${public})
    add_dependencies(installable ${name})
    install(TARGETS ${name} EXPORT segrid LIBRARY COMPONENT lib NAMELINK_COMPONENT dev)
    segrid_install_pkg_config(${component}-shared LIBS segrid-${component} EXTERNAL ${public})
  endforeach()
endfunction()

segrid_install_static()
if(SEGRID_SHARED)
  segrid_install_shared()
endif()

install(EXPORT segrid NAMESPACE segrid:: FILE segridTargets.cmake DESTINATION ${segrid_package_dir}
  COMPONENT dev)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/package/segridConfig.cmake.in
  ${PROJECT_BINARY_DIR}/package/segridConfig.cmake INSTALL_DESTINATION ${segrid_package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/segridConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/package/segridConfig.cmake ${PROJECT_BINARY_DIR}/package/segridConfigVersion.cmake
  DESTINATION ${segrid_package_dir} COMPONENT dev)
