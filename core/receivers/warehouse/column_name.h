// Names of columns and tables, made from names of properties and events as
// Segment's warehouses make them. Source: docs/warehouse.md.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace segrid::receivers::warehouse {

// PostgreSQL cuts longer names off silently, so none is longer than this.
inline constexpr std::size_t kMaxNameBytes = 63;

// The name in snake_case: "Email Link Clicked" becomes email_link_clicked,
// "userAgent" user_agent, "smtp-id" smtp_id. Other characters than ASCII
// letters and digits separate words; a name that begins with a digit gets an
// underscore before it. A name without any letter or digit is named by the
// first 8 hex digits of its SHA-256, and so is the end of a name that would be
// longer than kMaxNameBytes, because two long names must not become one.
// The result is never empty.
std::string SnakeCase(std::string_view name);

// The name between double quotes, for SQL: quotes in it are doubled.
std::string Quoted(std::string_view name);

}  // namespace segrid::receivers::warehouse
