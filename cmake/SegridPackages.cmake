# Debian packages: `./dev deb`, which is `ninja installable` and `cpack -G DEB` in the build directory.
#
#   segrid-server   the service, the command line, unit, configuration, manual
#   libsegrid0.1    the shared libraries: client, core, embedded
#   libsegrid-dev   headers, static libraries, CMake and pkg-config files, protos
#   segrid-bench    the load tool
include(SegridManual)

install(FILES ${PROJECT_SOURCE_DIR}/server/deploy/segrid-server.service
              ${PROJECT_SOURCE_DIR}/server/deploy/segrid-server.socket
              ${PROJECT_SOURCE_DIR}/server/deploy/segrid-server-http.socket
              ${PROJECT_SOURCE_DIR}/server/deploy/segrid-server-admin.socket
  DESTINATION lib/systemd/system COMPONENT server)
install(FILES ${PROJECT_SOURCE_DIR}/server/deploy/segrid.yaml DESTINATION etc/segrid COMPONENT server)
install(FILES ${PROJECT_SOURCE_DIR}/tests/core/config/example.yaml
  DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/segrid-server RENAME segrid.example.yaml COMPONENT server)
install(FILES ${PROJECT_SOURCE_DIR}/server/deploy/alerts.yaml ${PROJECT_SOURCE_DIR}/server/deploy/grafana-dashboard.json
  DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/segrid-server COMPONENT server)
segrid_pages(COMPONENT server)
segrid_manual(segrid-server COMPONENT server)
segrid_manual(segrid COMPONENT server)
if(TARGET segrid-bench)
  add_dependencies(installable segrid-bench)
  install(TARGETS segrid-bench RUNTIME COMPONENT bench)
  segrid_manual(segrid-bench COMPONENT bench)
endif()

foreach(package server dev lib bench)
  string(REGEX REPLACE "^(server|bench)$" "segrid-\\1" name ${package})
  string(REGEX REPLACE "^dev$" "libsegrid-dev" name ${name})
  string(REGEX REPLACE "^lib$" "libsegrid${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}" name ${name})
  install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${name} RENAME copyright
    COMPONENT ${package})
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME segrid)
set(CPACK_PACKAGE_CONTACT "The Segrid authors <segrid@example.com>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL server dev)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/package/deb/finish.cmake)
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PROJECT_BINARY_DIR}/lib)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(segrid_api ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})

set(CPACK_DEBIAN_SERVER_PACKAGE_NAME segrid-server)
set(CPACK_DEBIAN_SERVER_PACKAGE_SECTION net)
set(CPACK_DEBIAN_SERVER_PACKAGE_DEPENDS "ca-certificates, debconf (>= 0.5) | debconf-2.0")
set(CPACK_DEBIAN_SERVER_DESCRIPTION "SendGrid events in, Segment Tracks out: the service
 Takes SendGrid's event webhook and gRPC calls, queues their events durably,
 turns them into Segment Tracks and delivers them. With the command line.")
set(segrid_deb ${PROJECT_SOURCE_DIR}/cmake/package/deb)
set(CPACK_DEBIAN_SERVER_PACKAGE_CONTROL_EXTRA
  ${segrid_deb}/conffiles ${segrid_deb}/postinst ${segrid_deb}/prerm ${segrid_deb}/postrm ${segrid_deb}/templates)

set(CPACK_DEBIAN_DEV_PACKAGE_NAME libsegrid-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS
  "libabsl-dev, libboost1.81-dev, libcjose-dev, libgrpc++-dev, libisal-dev, libjansson-dev, liblz4-dev, libpq-dev, libprotobuf-dev, librocksdb-dev, libsimdjson-dev, libspdlog-dev, libsqlite3-dev, libssl-dev, libyaml-cpp-dev, zlib1g-dev")
set(CPACK_DEBIAN_DEV_DESCRIPTION "Segrid's libraries: headers and static libraries
 segrid::client calls a Segrid server, segrid::core transforms events in the
 own process, segrid::embedded is the whole pipeline. For CMake and pkg-config.")

if(SEGRID_SHARED)
  list(APPEND CPACK_COMPONENTS_ALL lib)
  set(CPACK_DEBIAN_LIB_PACKAGE_NAME libsegrid${segrid_api})
  set(CPACK_DEBIAN_LIB_PACKAGE_SECTION libs)
  set(CPACK_DEBIAN_LIB_PACKAGE_CONTROL_EXTRA ${segrid_deb}/triggers)
  set(CPACK_DEBIAN_LIB_DESCRIPTION "Segrid's libraries: shared
 segrid-client calls a Segrid server, segrid-core transforms events in the own
 process, segrid-embedded is the whole pipeline.")
  string(PREPEND CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "libsegrid${segrid_api} (= ${PROJECT_VERSION}), ")
endif()
if(TARGET segrid-bench)
  list(APPEND CPACK_COMPONENTS_ALL bench)
  set(CPACK_DEBIAN_BENCH_PACKAGE_NAME segrid-bench)
  set(CPACK_DEBIAN_BENCH_PACKAGE_SECTION net)
  set(CPACK_DEBIAN_BENCH_DESCRIPTION "Load tool for Segrid
 Sends events to a Segrid server, over gRPC or to its webhook, and measures
 what it does: rates, latency without coordinated omission, CPU and memory.")
endif()
include(CPack)
