// The commands of `segrid`, one file each.

#pragma once

#include <CLI/App.hpp>
#include <functional>

#include "client/cli/console.h"

namespace segrid::cli {

// What the command line asks for. Returns the exit code.
using Action = std::function<int(Console&)>;

// Each adds a command to `app`. When the command line names it, parsing sets
// `chosen`, which outlives `app`, and fails with CLI::ParseError when the
// command's options contradict each other.
void AddTransform(CLI::App& app, Action& chosen);
void AddForward(CLI::App& app, Action& chosen);
void AddStatus(CLI::App& app, Action& chosen);
void AddSources(CLI::App& app, Action& chosen);
void AddReload(CLI::App& app, Action& chosen);
void AddPauseAndResume(CLI::App& app, Action& chosen);
void AddDeadLetters(CLI::App& app, Action& chosen);
void AddErase(CLI::App& app, Action& chosen);
void AddTail(CLI::App& app, Action& chosen);
void AddTop(CLI::App& app, Action& chosen);
void AddExplain(CLI::App& app, Action& chosen);
void AddBackfill(CLI::App& app, Action& chosen);
void AddHealthcheck(CLI::App& app, Action& chosen);
void AddDryRun(CLI::App& app, Action& chosen);
void AddWebhookKey(CLI::App& app, Action& chosen);
void AddWarehouse(CLI::App& app, Action& chosen);
void AddWebhookSign(CLI::App& app, Action& chosen);
void AddListen(CLI::App& app, Action& chosen);
void AddConfig(CLI::App& app, Action& chosen);

}  // namespace segrid::cli
