# Libraries, all Debian 12 packages (scripts/install-dependencies names them).
find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(KDUMPFILE REQUIRED IMPORTED_TARGET libkdumpfile)
pkg_check_modules(DW REQUIRED IMPORTED_TARGET libdw libelf)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
