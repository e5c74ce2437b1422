// Shows what becomes of a webhook body, then gives it to Segrid for delivery.
//
//   node forward.mjs [--server HOST:PORT] [--source NAME] [--proto DIR] BODY.json
//
// Needs `npm install` in this folder (see README.md). --proto is the folder that contains `segrid/`.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";

const TIMEOUT_MS = 10_000;

// The two calls as functions that give promises.
function connect(server, protoDir) {
  const definition = protoLoader.loadSync("segrid/v1/bridge.proto", {
    includeDirs: [protoDir],
    keepCase: true, // Names as in the .proto files.
    longs: String, // 64-bit integers do not fit a number.
    enums: String,
    defaults: true,
  });
  const { BridgeService } = grpc.loadPackageDefinition(definition).segrid.v1;
  const client = new BridgeService(server, grpc.credentials.createInsecure());
  const call = (method) => (request) =>
    new Promise((resolve, reject) => {
      const metadata = new grpc.Metadata({ waitForReady: true });
      const deadline = Date.now() + TIMEOUT_MS;
      client[method](request, metadata, { deadline }, (error, response) => (error ? reject(error) : resolve(response)));
    });
  return { transform: call("Transform"), forward: call("Forward"), close: () => client.close() };
}

// A line per event. What has no issue has the next of the Tracks.
function* outcomeLines(response) {
  const issues = new Map(response.issues.map((issue) => [issue.index, issue]));
  const tracks = response.tracks.values();
  for (let index = 0; index < response.event_count; index++) {
    const issue = issues.get(index);
    if (issue) {
      // A value that a newer server has and these protos have not is a number.
      const [outcome, reason] = [String(issue.outcome), String(issue.reason)];
      yield `${index}: ${outcome.replace("OUTCOME_", "").toLowerCase()}, ${reason.replace("REASON_", "")}`;
    } else {
      const track = tracks.next().value;
      const time = new Date(Number(track.timestamp.seconds) * 1000 + track.timestamp.nanos / 1e6).toISOString();
      yield `${index}: ${track.event} (${time}, ${track.message_id})`;
    }
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    server: { type: "string", default: process.env.SEGRID_SERVER ?? "127.0.0.1:50051" },
    source: { type: "string", default: "" },
    proto: { type: "string", default: fileURLToPath(new URL("../../../proto", import.meta.url)) },
  },
});
if (positionals.length !== 1) {
  console.error("usage: node forward.mjs [--server HOST:PORT] [--source NAME] [--proto DIR] BODY.json");
  process.exit(2);
}

const bridge = connect(values.server, values.proto);
try {
  const body = readFileSync(positionals[0]);
  const seen = await bridge.transform({ webhook_json: body, source: values.source });
  for (const line of outcomeLines(seen)) console.log(line);
  const taken = await bridge.forward({ webhook_json: body, sources: values.source ? [values.source] : [] });
  console.log(
    `forwarded: accepted=${taken.accepted_count} duplicate=${taken.duplicate_count} ` +
      `skipped=${taken.skipped_count} rejected=${taken.rejected_count}`,
  );
} catch (error) {
  console.error(error.code === undefined ? error.message : `${grpc.status[error.code]}: ${error.details}`);
  process.exitCode = 1;
} finally {
  bridge.close();
}
