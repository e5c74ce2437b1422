// The Node client beside a server that answers as a test wants. Runs where the package is installed, by `node --test`.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

// The package is found from the working directory, not from this file.
const require = createRequire(pathToFileURL(`${process.cwd()}/x`));
const { Client, outcomes, SegridError } = await import(pathToFileURL(require.resolve("segrid")).href);
const grpc = require("@grpc/grpc-js");
const { BridgeService, AdminService } = require("./node_modules/segrid/lib/protos.cjs");
const { Retrier } = require("./node_modules/segrid/lib/retry.cjs");

const OPEN = { event: "open", email: "ada@example.com", timestamp: 1591726752 };
const BODY = '[{"event":"open"}]';
const ONE = { event_count: 1, track_count: 1, tracks: [{ event: "Email Opened" }] };
const TAKEN = { event_count: 1, accepted_count: 1, sources: [{ source: "a", accepted_count: 1 }] };

// What protobuf would write, for the few messages of an error.
const field = (number, bytes) => Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
const text = (number, value) => field(number, Buffer.from(value));
const detail = (name, bytes) => field(3, Buffer.concat([text(1, `type.googleapis.com/google.rpc.${name}`), field(2, bytes)]));

// What a server sends for an error with details.
function failure(code, { reason, delay, path, broken } = {}) {
  const parts = [Buffer.from([0x08, code]), text(2, "no")];
  if (broken) parts.push(detail("ErrorInfo", Buffer.from([0xff])));
  if (reason) {
    const limit = Buffer.concat([text(1, "limit"), text(2, "7")]);
    parts.push(detail("ErrorInfo", Buffer.concat([text(1, reason), text(2, "segrid"), field(3, limit)])));
  }
  if (path) parts.push(detail("BadRequest", field(1, Buffer.concat([text(1, path), text(2, "bad")]))));
  if (delay) parts.push(detail("RetryInfo", field(1, Buffer.from([0x08, delay])))); // Seconds, below 128.
  const metadata = new grpc.Metadata();
  metadata.set("grpc-status-details-bin", Buffer.concat(parts));
  return { failed: { code, details: "no", metadata } };
}

// Answers unary calls with what is in `answers`, the last one again and again, and keeps what it was sent.
async function start(t) {
  const fake = { answers: [], requests: [], metadata: [], remaining: [] };
  const unary = (call, callback) => {
    fake.requests.push(call.request);
    fake.metadata.push(call.metadata.getMap());
    fake.remaining.push(call.getDeadline() - Date.now());
    const answer = fake.answers.length > 1 ? fake.answers.shift() : fake.answers[0];
    if (answer.failed) callback(answer.failed);
    else callback(null, answer);
  };
  const stream = (call) => {
    call.on("data", ({ request_id: id }) => {
      const error = { code: 3, message: "no", details: [] };
      call.write(id === "1" ? { request_id: id, error } : { request_id: id, response: ONE });
    });
    call.on("end", () => call.end());
  };
  const server = new grpc.Server();
  server.addService(BridgeService.service, { Transform: unary, Forward: unary, TransformStream: stream, ForwardStream: stream });
  server.addService(AdminService.service, { ReplayDeadLetters: unary, ErasePerson: unary });
  const port = await new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  t.after(() => server.forceShutdown());
  fake.address = `127.0.0.1:${port}`;
  fake.client = new Client(fake.address, { retry: { initialBackoffMs: 1 } });
  t.after(() => fake.client.close());
  return fake;
}

const reason = (wanted) => (error) => {
  assert.ok(error instanceof SegridError, error);
  assert.equal(error.reason, wanted);
  return true;
};

test("an error has its details", async (t) => {
  const fake = await start(t);
  fake.answers = [failure(3, { reason: "BAD_EVENT", path: "events[3].email" })];
  await assert.rejects(fake.client.transform(BODY), (error) => {
    assert.deepEqual([error.code, error.codeName, error.reason, error.index], [3, "INVALID_ARGUMENT", "BAD_EVENT", 3]);
    assert.deepEqual(error.violations, [{ field: "events[3].email", description: "bad" }]);
    assert.equal(error.metadata.limit, "7");
    assert.equal(String(error), "INVALID_ARGUMENT (BAD_EVENT): no");
    return true;
  });
  assert.equal(fake.requests.length, 1); // It would be wrong again.
});

test("details that cannot be read leave code and message", async (t) => {
  const fake = await start(t);
  fake.answers = [failure(3, { broken: true })];
  await assert.rejects(fake.client.transform(BODY), { code: 3, reason: "", message: "no" });
});

test("a call has a deadline", async (t) => {
  const fake = await start(t);
  fake.answers = [ONE];
  await fake.client.transform(BODY);
  await fake.client.transform(BODY, { timeoutMs: 900 });
  fake.answers = [TAKEN];
  await fake.client.forward(BODY, { waitDelivered: true });
  const wanted = [2000, 900, 10_000]; // A try's, the call's, and all for a receiver.
  fake.remaining.forEach((remaining, index) => assert.ok(Math.abs(remaining - wanted[index]) < 500, `${remaining} of ${wanted[index]}`));
});

test("what failed for a moment is repeated with its key", async (t) => {
  const fake = await start(t);
  for (const failed of [failure(14, { reason: "QUEUE_UNAVAILABLE" }), failure(1)]) {
    fake.metadata.length = 0;
    fake.answers = [failed, TAKEN];
    assert.equal((await fake.client.forward(BODY)).accepted_count, 1);
    const [first, second] = fake.metadata.map((sent) => sent["segrid-idempotency-key"]);
    assert.ok(first.length > 30);
    assert.equal(first, second);
    await fake.client.forward(BODY);
    assert.notEqual(fake.metadata[2]["segrid-idempotency-key"], first);
  }
  await fake.client.forward(BODY, { idempotencyKey: "mine" });
  assert.equal(fake.metadata.at(-1)["segrid-idempotency-key"], "mine");
});

test("what does not help is not repeated", async (t) => {
  const fake = await start(t);
  for (const [code, given] of [[8, {}], [5, { reason: "UNKNOWN_SOURCE" }], [7, { reason: "ROLE_MISSING" }], [13, {}]]) {
    fake.requests.length = 0;
    fake.answers = [failure(code, given)];
    await assert.rejects(fake.client.forward(BODY), { attempts: 1 });
    assert.equal(fake.requests.length, 1);
  }
});

test("a replay is made once", async (t) => {
  const fake = await start(t);
  fake.answers = [failure(14, { reason: "DRAINING" }), { replayed_count: 3 }];
  await assert.rejects(fake.client.admin.replayDeadLetters({ source: "a" }), reason("DRAINING"));
  assert.equal(await fake.client.admin.replayDeadLetters({ source: "a", reason: "EXPIRED" }), "3");
  assert.equal(fake.requests.at(-1).filter.reason, "EXPIRED");
});

test("there is a function for every method", async (t) => {
  const { client } = await start(t);
  for (const [owner, { service }] of [[client, BridgeService], [client.admin, AdminService]]) {
    for (const name of Object.keys(service)) assert.equal(typeof owner[name[0].toLowerCase() + name.slice(1)], "function", name);
  }
});

test("what is made once has all the time", async (t) => {
  const fake = await start(t);
  fake.answers = [{}];
  await fake.client.admin.erasePerson({ email: "ada@example.com" });
  assert.ok(fake.remaining[0] > 500_000);
});

test("the server says when to retry", async (t) => {
  const fake = await start(t);
  fake.answers = [failure(8, { reason: "OVERLOADED", delay: 60 })]; // More than the call has.
  await assert.rejects(fake.client.transform(BODY), { reason: "OVERLOADED", retryAfterMs: 60_000, attempts: 1 });
});

test("events may be a body, objects or typed", async (t) => {
  const fake = await start(t);
  fake.answers = [ONE];
  for (const events of [BODY, Buffer.from(BODY), [OPEN]]) await fake.client.transform(events, { source: "a" });
  await fake.client.transform([{ event: "open", email: "ada@example.com" }], { typed: true });
  assert.deepEqual(fake.requests.slice(0, 3).map((request) => String(request.webhook_json)), [BODY, BODY, JSON.stringify([OPEN])]);
  assert.equal(fake.requests[0].source, "a");
  assert.equal(fake.requests[3].events[0].email, "ada@example.com");
  await assert.rejects(fake.client.transform(7), TypeError);
});

test("an impossible answer is no success", async (t) => {
  const fake = await start(t);
  for (const [method, events, answer] of [
    ["transform", [OPEN], {}],
    ["forward", [OPEN], { event_count: 1 }],
    ["forward", BODY, { ...TAKEN, accepted_count: 2 }],
    ["transform", BODY, { event_count: 1, track_count: 1 }],
    ["transform", BODY, { event_count: 1, rejected_count: 1, issues: [{ index: 1 }] }],
    ["transform", BODY, { event_count: 1, skipped_count: -1, rejected_count: 2 }],
  ]) {
    fake.answers = [answer];
    await assert.rejects(fake.client[method](events), reason("IMPOSSIBLE_ANSWER"));
  }
});

test("a stream goes on after a bad batch", async (t) => {
  const fake = await start(t);
  const answers = [];
  for await (const answer of fake.client.transformStream([BODY, "no", BODY])) answers.push(answer);
  assert.deepEqual(answers.map(({ index, response, error }) => [index, response?.track_count, error?.code]),
    [[0, 1, undefined], [1, undefined, 3], [2, 1, undefined]]);
});

test("a mistake of the caller ends the stream with it", async (t) => {
  const fake = await start(t);
  await assert.rejects(async () => {
    for await (const _ of fake.client.transformStream([BODY, 7]));
  }, TypeError);
});

test("outcomes are in the order of the events", () => {
  const response = { event_count: 2, issues: [{ index: 0, reason: "REASON_EVENT_NOT_SELECTED" }], tracks: [{ event: "Email Opened" }] };
  const [first, second] = outcomes(response);
  assert.deepEqual([first.issue.reason, first.track, second.track.event], ["REASON_EVENT_NOT_SELECTED", undefined, "Email Opened"]);
});

test("a token is sent, and never in the clear", async (t) => {
  const fake = await start(t);
  fake.answers = [ONE];
  const client = new Client(fake.address, { token: "secret" });
  await client.transform(BODY);
  client.close();
  assert.equal(fake.metadata.at(-1).authorization, "Bearer secret");
  for (const address of ["segrid.example.com:50051", "127.0.0.1.example.com:50051", "localhost.example.com:1"]) {
    assert.throws(() => new Client(address, { token: "secret" }), TypeError);
  }
});

test("a closed client and a stopped call say so", async (t) => {
  const fake = await start(t);
  fake.answers = [ONE];
  await assert.rejects(fake.client.transform(BODY, { signal: AbortSignal.abort() }), reason("STOPPED"));
  const stop = new AbortController();
  fake.answers = [failure(8, { reason: "QUEUE_FULL", delay: 5 })];
  const waiting = fake.client.forward(BODY, { signal: stop.signal });
  setImmediate(() => stop.abort());
  await assert.rejects(waiting, reason("STOPPED"));
  fake.client.close();
  await assert.rejects(fake.client.transform(BODY), reason("CLOSED"));
});

test("options out of range are refused", async (t) => {
  const fake = await start(t);
  for (const retry of [{ maxAttempts: 0 }, { initialBackoffMs: 2000 }, { attemptTimeoutMs: 0 }, { budget: 0 }, { tries: 3 }]) {
    assert.throws(() => new Client(fake.address, { retry }), /retry/);
  }
  assert.throws(() => new Client(fake.address, { tls: { certFile: "a" } }), TypeError);
  await assert.rejects(fake.client.transform(BODY, { timeoutMs: 0 }), RangeError);
});

test("without a server it says that there is no connection", async () => {
  const client = new Client("127.0.0.1:1", { timeoutMs: 300 });
  await assert.rejects(client.transform(BODY), reason("NOT_CONNECTED"));
  client.close();
});

// The loop with a clock that the test moves.
async function tries(error, { timeoutMs = 10_000, exact = true, ...options } = {}) {
  let now = 0;
  const made = [];
  const retrier = new Retrier({ initialBackoffMs: 1, ...options }, { now: () => now, random: () => 0, wait: async () => {} });
  const attempt = async (ms) => {
    made.push(ms);
    now += 500;
    throw error;
  };
  await assert.rejects(retrier.run(attempt, timeoutMs, { exact }), error);
  return made;
}

test("tries are bounded by number, time and budget", async () => {
  assert.equal((await tries(new SegridError(14, "", ""), { maxAttempts: 3 })).length, 3);
  assert.deepEqual(await tries(new SegridError(14, "", ""), { timeoutMs: 2200 }), [2000, 1700, 1200, 700, 200]);
  assert.equal((await tries(new SegridError(14, "", ""), { budget: 2 })).length, 3);
  assert.equal((await tries(new SegridError(14, "NOT_CONNECTED", ""), { exact: false, maxAttempts: 2 })).length, 20);
});
