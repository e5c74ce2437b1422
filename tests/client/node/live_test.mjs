// The installed Node package beside a real server with TLS and a token: its address, authority and token are in SEGRID_TEST.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";

const require = createRequire(pathToFileURL(`${process.cwd()}/x`));
const { Client, outcomes } = require("segrid"); // By require(); client_test.mjs imports it.
const { address, ca, token } = JSON.parse(process.env.SEGRID_TEST);
const OPEN = { event: "open", email: "ada@example.com", timestamp: 1591726752 };

const connect = (given, serverName = "segrid.test") => {
  const client = new Client(address, { tls: { caFile: ca, serverName }, token: given });
  after(() => client.close());
  return client;
};
const client = connect(token);

test("transforms and forwards", async () => {
  const events = [{ ...OPEN, sg_event_id: "json" }, { event: "open" }];
  const [{ track }, { issue }] = outcomes(await client.transform(events));
  assert.deepEqual([track.event, issue.field], ["Email Opened", "email"]);
  const { accepted_count, delivered_count, rejected_count } = await client.forward(events, { sources: ["default"], waitDelivered: true });
  assert.deepEqual([accepted_count, delivered_count, rejected_count], [1, 1, 1]);
  const typed = [{ event: "open", email: "ada@example.com", timestamp: "1591726752", sg_event_id: "typed" }];
  assert.equal((await client.forward(typed, { typed: true, sources: ["default"] })).accepted_count, 1);
  assert.equal((await client.forward(typed, { typed: true, sources: ["default"] })).duplicate_count, 1);
});

test("a key makes a second call the same", async () => {
  for (let times = 0; times < 2; times++) {
    const events = [{ ...OPEN, sg_event_id: "keyed" }];
    const response = await client.forward(events, { sources: ["default"], idempotencyKey: "one call" });
    assert.deepEqual([response.accepted_count, response.duplicate_count], [1, 0]);
  }
});

test("streams", async () => {
  const answers = [];
  for await (const answer of client.transformStream([[OPEN], "{}", [OPEN, OPEN]])) answers.push(answer);
  assert.deepEqual(answers.map(({ response }) => response?.track_count), [1, undefined, 2]);
  assert.equal(answers[1].error.reason, "NOT_AN_ARRAY");
  async function* batches() {
    for (const number of [0, 1, 2]) yield [{ ...OPEN, sg_event_id: `stream-${number}` }];
  }
  for await (const { response } of client.forwardStream(batches(), { sources: ["default"] })) assert.equal(response.accepted_count, 1);
});

test("an error has its details", async () => {
  for (const [call, codeName, reason] of [
    [() => client.transform("[1"), "INVALID_ARGUMENT", "INVALID_JSON"],
    [() => client.forward([OPEN], { sources: ["none"] }), "NOT_FOUND", "UNKNOWN_SOURCE"],
    [() => client.admin.getStatus(), "PERMISSION_DENIED", "ROLE_MISSING"],
    [() => connect("").transform([OPEN]), "UNAUTHENTICATED", "TOKEN_MISSING"],
  ]) {
    await assert.rejects(call, { codeName, reason });
  }
});

test("a deadline ends a call", async () => {
  const late = [{ ...OPEN, sg_event_id: "late" }];
  const response = await client.forward(late, { sources: ["nowhere"], waitDelivered: true, timeoutMs: 500 });
  assert.equal(response.pending_count, 1); // The server answers just before the deadline.
  const large = Array(20).fill({ ...OPEN, pad: "x".repeat(100_000) });
  await assert.rejects(client.transform(large, { timeoutMs: 1 }), { codeName: "DEADLINE_EXCEEDED" });
});

test("another certificate is refused", async () => {
  await assert.rejects(connect(token, "other.test").transform([OPEN], { timeoutMs: 500 }), { codeName: "UNAVAILABLE" });
});
