// Calls every method of the API once. docs/api.md shows the parts between `// sample:` and `// end`.
//
//   node methods.mjs SERVER    // a host:port
//
// The server has a source `default`, a source `slow` with two dead letters, and events of a source `old` that it no longer has.
// Needs the package client/node.

const [server] = process.argv.slice(2); // 127.0.0.1:50051

// sample: setup
import { Client, SegridError } from "segrid";

const client = new Client(server);
const body = '[{"event":"open","email":"ada@example.com","timestamp":1591726752,"sg_event_id":"node"}]';
// end

console.log("BridgeService.Transform");
{
  // sample: BridgeService.Transform
  const response = await client.transform(body);
  for (const track of response.tracks) console.log(track.event, track.anonymous_id);
  for (const issue of response.issues) console.log(issue.index, issue.reason); // Events that gave no Track.
  // end
}

console.log("BridgeService.Forward");
{
  // sample: BridgeService.Forward
  try {
    const response = await client.forward(body, { sources: ["default"], waitDelivered: true }); // Retries by itself.
    console.log(response.accepted_count, response.delivered_count);
  } catch (error) {
    if (!(error instanceof SegridError)) throw error;
    console.log(error.codeName, error.reason, error.retryAfterMs);
  }
  // end
}

console.log("BridgeService.TransformStream");
{
  // sample: BridgeService.TransformStream
  for await (const { index, response, error } of client.transformStream([body, body, body])) {
    console.log(index, response ? response.track_count : String(error));
  }
  // end
}

console.log("BridgeService.ForwardStream");
{
  // sample: BridgeService.ForwardStream
  for await (const { index, response, error } of client.forwardStream([body, body, body], { sources: ["default"] })) {
    console.log(index, response ? response.duplicate_count : String(error)); // In any order.
  }
  // end
}

console.log("AdminService.ListSources");
{
  // sample: AdminService.ListSources
  const { sources } = await client.admin.listSources();
  for (const source of sources) console.log(source.name, source.receiver);
  // end
}

console.log("AdminService.GetStatus");
{
  // sample: AdminService.GetStatus
  const { sources } = await client.admin.getStatus();
  for (const source of sources) console.log(source.name, source.state, source.pending_count);
  // end
}

console.log("AdminService.WatchStatus");
{
  // sample: AdminService.WatchStatus
  for await (const status of client.admin.watchStatus({ intervalMs: 500 })) {
    console.log(status.ready);
    break; // This ends the call; until then a status comes every half second.
  }
  // end
}

console.log("AdminService.TailTracks");
{
  // sample: AdminService.TailTracks
  for await (const { tracks } of client.admin.tailTracks({ sources: ["default"] })) {
    for (const tailed of tracks) console.log(tailed.source, tailed.track.event);
    if (tracks.length > 0) break; // This ends the call; until then it goes on.
  }
  // end
}

console.log("AdminService.PauseSource");
{
  // sample: AdminService.PauseSource
  await client.admin.pauseSource("default");
  // end
}

console.log("AdminService.ResumeSource");
{
  // sample: AdminService.ResumeSource
  await client.admin.resumeSource("default");
  // end
}

console.log("AdminService.ListDeadLetters");
const letters = [];
{
  // sample: AdminService.ListDeadLetters
  for await (const letter of client.admin.listDeadLetters({ source: "slow" })) { // All pages.
    console.log(letter.id, letter.reason, letter.answer);
    letters.push(letter);
  }
  // end
}

console.log("AdminService.ReplayDeadLetters");
{
  // sample: AdminService.ReplayDeadLetters
  console.log(await client.admin.replayDeadLetters({ source: "slow", ids: [letters[0].id] }));
  // end
}

console.log("AdminService.PurgeDeadLetters");
{
  // sample: AdminService.PurgeDeadLetters
  console.log(await client.admin.purgeDeadLetters({ source: "slow", reason: "EXPIRED" }));
  // end
}

console.log("AdminService.DropSource");
{
  // sample: AdminService.DropSource
  try {
    console.log((await client.admin.dropSource("old")).pending_count);
  } catch (error) {
    console.log(String(error)); // Such as NOT_FOUND: the queue has nothing of it.
  }
  // end
}

console.log("AdminService.ErasePerson");
{
  // sample: AdminService.ErasePerson
  const erased = await client.admin.erasePerson({ email: "a@example.com" });
  for (const source of erased.sources) console.log(source.source, source.pending_count, source.dead_letter_count);
  // end
}

console.log("AdminService.ReloadConfig");
{
  // sample: AdminService.ReloadConfig
  const { changes } = await client.admin.reloadConfig();
  for (const change of changes) console.log(change.key, change.from, change.to);
  // end
}

console.log("AdminService.Drain");
{
  // sample: AdminService.Drain
  await client.admin.drain();
  // end
}
client.close();
