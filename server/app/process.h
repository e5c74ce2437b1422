// Settings of the process as a whole; main() calls them first.

#pragma once

namespace segrid::app {

// Makes malloc keep what it has: answers over 128 KiB would otherwise be mapped
// and faulted in anew for each call (facts: -27 % at 1,000 events). From few
// arenas, so that what is free is together; see MemoryTrimmer, too.
void TuneAllocator();

// Gives what malloc has free back to the system, of all its arenas. For a
// moment other threads may free more slowly. Any thread, one at a time; may
// take some 100 ms after a large peak.
void GiveBackFreeMemory();

// Takes as many descriptors as the system allows: each connection is one.
void RaiseDescriptorLimit();

// The log lines of gRPC and Protobuf have another form than ours and may name
// peers, so they are dropped unless the operator sets GRPC_VERBOSITY.
void QuietLibraries();

}  // namespace segrid::app
