// Settings of the process as a whole. They stand here once, so that the server
// and every program that is measured beside it run with the same ones.

#pragma once

namespace segrid::base {

// Everything below; main() calls it first, before other threads exist.
void TuneProcess();

// Makes malloc keep what it has: blocks over 128 KiB would otherwise be mapped
// and faulted in anew for each call, which costs more than a quarter of the
// time at 1,000 events. From few arenas, so that what is free is together.
void TuneAllocator();

// Switches off Abseil's check of lock orders, which Debian builds in and which
// costs 9 % of the calls of one event, because gRPC takes many locks.
void RelaxLocks();

// Takes as many descriptors as the system allows: each connection is one.
void RaiseDescriptorLimit();

// Gives the memory that malloc has free back to the system, from all its
// arenas. For a moment other threads may free more slowly. Any thread, one at a
// time; may take some 100 ms after a large peak.
void GiveBackFreeMemory();

}  // namespace segrid::base
