// The commands for a queue in the data directory, by themselves.

#pragma once

#include "server/app/command_line.h"

namespace segrid::app {

// Reads every record of the queue in the data directory and prints the ledger
// of each source. Exit code: 0 when everything is right, else 1.
int CheckQueue(const CommandLine& line);

// Makes a damaged queue usable and prints what it did and what is lost. Exit
// code: 0 unless it cannot be saved.
int RepairQueue(const CommandLine& line);

// Copies the data directory, also that of a running server. Exit code: 0 when
// the copy is whole, else 1, and nothing is left of it.
int BackUpData(const CommandLine& line);

}  // namespace segrid::app
