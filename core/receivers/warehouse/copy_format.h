// PostgreSQL's binary COPY format. Source: PostgreSQL's manual, page COPY,
// "Binary Format".

#pragma once

#include <string>

#include "core/receivers/warehouse/batch_rows.h"

namespace segrid::receivers::warehouse {

// Replaces `out` by the rows as one COPY: header, a tuple for each row with as
// many fields as the table has columns, and the end.
void WriteCopy(const TableRows& rows, std::string& out);

}  // namespace segrid::receivers::warehouse
