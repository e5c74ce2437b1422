// Calls every method of the API once. docs/api.md shows the parts between `// sample:` and `// end`.
//
//   node methods.mjs SERVER PROTO    // a host:port; the folder that contains segrid/
//
// The server has a source `default`, a source `slow` with two dead letters, and events of a source `old` that it no longer has.
// Needs @grpc/grpc-js and @grpc/proto-loader.

const [server, protos] = process.argv.slice(2); // 127.0.0.1:50051, proto

// sample: setup
import { randomUUID } from "node:crypto";
import { promisify } from "node:util";
import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";

const files = ["segrid/v1/bridge.proto", "segrid/v1/admin.proto"];
const loaded = protoLoader.loadSync(files, { includeDirs: [protos], keepCase: true, longs: String, enums: String, defaults: true });
const { BridgeService, AdminService } = grpc.loadPackageDefinition(loaded).segrid.v1;
const bridge = new BridgeService(server, grpc.credentials.createInsecure());
const admin = new AdminService(server, grpc.credentials.createInsecure());
const call = (client, method, request, metadata = new grpc.Metadata()) =>
  promisify(client[method].bind(client))(request, metadata, { deadline: Date.now() + 10_000 });
const body = Buffer.from('[{"event":"open","email":"ada@example.com","timestamp":1591726752,"sg_event_id":"node"}]');
// end

console.log("BridgeService.Transform");
{
  // sample: BridgeService.Transform
  const response = await call(bridge, "Transform", { webhook_json: body });
  for (const track of response.tracks) console.log(track.event, track.anonymous_id);
  for (const issue of response.issues) console.log(issue.index, issue.reason); // Events that gave no Track.
  // end
}

console.log("BridgeService.Forward");
{
  // sample: BridgeService.Forward
  const metadata = new grpc.Metadata();
  metadata.set("segrid-idempotency-key", randomUUID()); // The same key in each retry.
  const request = { webhook_json: body, sources: ["default"], wait: "WAIT_DELIVERED" };
  const response = await call(bridge, "Forward", request, metadata);
  console.log(response.accepted_count, response.delivered_count);
  // end
}

console.log("BridgeService.TransformStream");
{
  // sample: BridgeService.TransformStream
  const stream = bridge.TransformStream({ deadline: Date.now() + 10_000 });
  for (const id of ["0", "1", "2"]) stream.write({ request_id: id, request: { webhook_json: body } });
  stream.end();
  for await (const answer of stream) {
    console.log(answer.request_id, answer.response?.track_count, answer.error?.message); // In any order.
  }
  // end
}

console.log("BridgeService.ForwardStream");
{
  // sample: BridgeService.ForwardStream
  const stream = bridge.ForwardStream({ deadline: Date.now() + 10_000 });
  for (const id of ["0", "1", "2"]) stream.write({ request_id: id, request: { webhook_json: body, sources: ["default"] } });
  stream.end();
  for await (const answer of stream) {
    console.log(answer.request_id, answer.response?.duplicate_count, answer.error?.message);
  }
  // end
}

console.log("AdminService.ListSources");
{
  // sample: AdminService.ListSources
  const { sources } = await call(admin, "ListSources", {});
  for (const source of sources) console.log(source.name, source.receiver);
  // end
}

console.log("AdminService.GetStatus");
{
  // sample: AdminService.GetStatus
  const { status } = await call(admin, "GetStatus", {});
  for (const source of status.sources) console.log(source.name, source.state, source.pending_count);
  // end
}

console.log("AdminService.WatchStatus");
{
  // sample: AdminService.WatchStatus
  const watch = admin.WatchStatus({ interval: { seconds: 0, nanos: 500_000_000 } });
  for await (const response of watch) {
    console.log(response.status.ready);
    break; // This cancels the call; until then a response comes every half second.
  }
  // end
  watch.on("error", () => {}); // CANCELLED
  watch.cancel();
}

console.log("AdminService.TailTracks");
{
  // sample: AdminService.TailTracks
  const tail = admin.TailTracks({ sources: ["default"], sample_ratio: 1 });
  for await (const response of tail) {
    for (const tailed of response.tracks) console.log(tailed.source, tailed.track.event);
    if (response.tracks.length > 0) break; // This cancels the call; until then it goes on.
  }
  // end
  tail.on("error", () => {}); // CANCELLED
  tail.cancel();
}

console.log("AdminService.PauseSource");
{
  // sample: AdminService.PauseSource
  await call(admin, "PauseSource", { source: "default" });
  // end
}

console.log("AdminService.ResumeSource");
{
  // sample: AdminService.ResumeSource
  await call(admin, "ResumeSource", { source: "default" });
  // end
}

console.log("AdminService.ListDeadLetters");
const letters = [];
{
  // sample: AdminService.ListDeadLetters
  const page = await call(admin, "ListDeadLetters", { filter: { source: "slow" }, page_size: 100 });
  for (const letter of page.dead_letters) console.log(letter.id, letter.reason, letter.answer);
  // end
  letters.push(...page.dead_letters);
}

console.log("AdminService.ReplayDeadLetters");
{
  // sample: AdminService.ReplayDeadLetters
  const one = { source: "slow", ids: [letters[0].id] };
  console.log((await call(admin, "ReplayDeadLetters", { filter: one })).replayed_count);
  // end
}

console.log("AdminService.PurgeDeadLetters");
{
  // sample: AdminService.PurgeDeadLetters
  const expired = { source: "slow", reason: "EXPIRED" };
  console.log((await call(admin, "PurgeDeadLetters", { filter: expired })).purged_count);
  // end
}

console.log("AdminService.DropSource");
{
  // sample: AdminService.DropSource
  try {
    const dropped = await call(admin, "DropSource", { source: "old" });
    console.log(dropped.pending_count);
  } catch (error) {
    console.log(grpc.status[error.code], error.details); // Such as NOT_FOUND: the queue has nothing of it.
  }
  // end
}

console.log("AdminService.ReloadConfig");
{
  // sample: AdminService.ReloadConfig
  const { changes } = await call(admin, "ReloadConfig", {});
  for (const change of changes) console.log(change.key, change.from, change.to);
  // end
}

console.log("AdminService.Drain");
{
  // sample: AdminService.Drain
  await call(admin, "Drain", {});
  // end
}
bridge.close();
admin.close();
