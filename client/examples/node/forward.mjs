// Shows what becomes of a webhook body, then gives it to Segrid for delivery.
//
//   node forward.mjs [--server HOST:PORT] [--source NAME] BODY.json
//
// Needs the package `segrid` (see README.md).

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Client, outcomes, SegridError } from "segrid";

// A line per event.
function* outcomeLines(response) {
  for (const { index, track, issue } of outcomes(response)) {
    if (track) {
      const time = new Date(Number(track.timestamp.seconds) * 1000 + track.timestamp.nanos / 1e6).toISOString();
      yield `${index}: ${track.event} (${time}, ${track.message_id})`;
    } else {
      // A value that a newer server has is a number here.
      const [outcome, reason] = [String(issue.outcome), String(issue.reason)];
      yield `${index}: ${outcome.replace("OUTCOME_", "").toLowerCase()}, ${reason.replace("REASON_", "")}`;
    }
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    server: { type: "string", default: process.env.SEGRID_SERVER ?? "127.0.0.1:50051" },
    source: { type: "string", default: "" },
  },
});
if (positionals.length !== 1) {
  console.error("usage: node forward.mjs [--server HOST:PORT] [--source NAME] BODY.json");
  process.exit(2);
}

const client = new Client(values.server);
try {
  const body = readFileSync(positionals[0]);
  for (const line of outcomeLines(await client.transform(body, { source: values.source }))) console.log(line);
  const taken = await client.forward(body, { sources: values.source ? [values.source] : [] });
  console.log(
    `forwarded: accepted=${taken.accepted_count} duplicate=${taken.duplicate_count} ` +
      `skipped=${taken.skipped_count} rejected=${taken.rejected_count}`,
  );
} catch (error) {
  console.error(error instanceof SegridError ? String(error) : error.message);
  process.exitCode = 1;
} finally {
  client.close();
}
