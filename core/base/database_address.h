// The address of a warehouse's database, as the configuration has it:
// "sqlite:<file>" or a URL of libpq's.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace segrid::base {

// The file of a SQLite address; nullopt: it is of no SQLite database.
std::optional<std::string> SqliteFileOf(std::string_view address);

bool IsPostgresUrl(std::string_view address);

// Whether a PostgreSQL URL holds a password, in either place.
bool HasPassword(std::string_view url);

// Which database it is, spelled in one way, to compare addresses: without
// user, and with the parameters that lead elsewhere alone. Two spellings that
// only a name server could tell to be one are two.
std::string DatabaseIdentityOf(std::string_view address);

}  // namespace segrid::base
