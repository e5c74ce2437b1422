// PostgreSQL's binary COPY format. Source: PostgreSQL's manual, page COPY,
// "Binary Format".

#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "core/receivers/warehouse/batch_rows.h"

namespace segrid::receivers::warehouse {

// Replaces `out` by the rows of all tables as one COPY: header, a tuple for
// each row with the first `columns` of its values, and the end.
void WriteCopy(std::span<const TableRows> tables, std::size_t columns,
               std::string& out);

}  // namespace segrid::receivers::warehouse
