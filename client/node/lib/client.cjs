// Transform and Forward.
"use strict";

const { randomUUID } = require("node:crypto");
const { Admin } = require("./admin.cjs");
const { checkForward, checkTransform } = require("./checks.cjs");
const { Connection } = require("./connection.cjs");
const { fromStatus, SegridError } = require("./errors.cjs");

// A JSON body of events.
function fieldsOf(events) {
  if (typeof events === "string" || events instanceof Uint8Array) return { fields: { webhook_json: Buffer.from(events) } };
  if (!Array.isArray(events)) throw new TypeError("events must be a JSON body or an array of events");
  return { fields: { webhook_json: Buffer.from(JSON.stringify(events)) }, count: events.length };
}

function* outcomes(response) {
  const issues = new Map(response.issues.map((issue) => [issue.index, issue]));
  const tracks = response.tracks.values();
  for (let index = 0; index < response.event_count; index++) {
    const issue = issues.get(index);
    yield issue ? { index, issue } : { index, track: tracks.next().value };
  }
}

class Client {
  #connection;

  constructor(address = "127.0.0.1:50051", options = {}) {
    this.#connection = new Connection(address, options);
    this.admin = new Admin(this.#connection);
  }

  close() {
    this.#connection.close();
  }

  async transform(events, { source = "", output = "OUTPUT_TRACKS", typed = false, ...rest } = {}) {
    const { fields, count } = typed ? typedFields(events) : fieldsOf(events);
    const response = await this.#connection.call("bridge", "Transform", { ...fields, source, output }, { ...rest, exact: true });
    return checkTransform(count, response);
  }

  async forward(events, { sources = [], waitDelivered = false, idempotencyKey = randomUUID(), typed = false, ...rest } = {}) {
    const { fields, count } = typed ? typedFields(events) : fieldsOf(events);
    const wait = waitDelivered ? "WAIT_DELIVERED" : "WAIT_ACCEPTED";
    const options = { ...rest, exact: true, whole: waitDelivered, key: idempotencyKey };
    return checkForward(count, await this.#connection.call("bridge", "Forward", { ...fields, sources, wait }, options));
  }

  transformStream(batches, { source = "", ...rest } = {}) {
    return this.#answers("TransformStream", batches, { source }, checkTransform, rest);
  }

  forwardStream(batches, { sources = [], waitDelivered = false, ...rest } = {}) {
    const wait = waitDelivered ? "WAIT_DELIVERED" : "WAIT_ACCEPTED";
    return this.#answers("ForwardStream", batches, { sources, wait }, checkForward, rest);
  }

  async *#answers(method, batches, settings, check, options) {
    async function* requests() {
      let index = 0;
      for await (const events of batches) {
        yield { request_id: String(index++), request: { ...fieldsOf(events).fields, ...settings } };
      }
    }
    for await (const answer of this.#connection.exchange("bridge", method, requests(), options)) {
      const index = Number(answer.request_id);
      if (answer.result === "error") {
        yield { index, error: fromStatus(answer.error) };
        continue;
      }
      try {
        yield { index, response: check(undefined, answer.response) };
      } catch (error) {
        if (!(error instanceof SegridError)) throw error;
        yield { index, error };
      }
    }
  }
}

function typedFields(events) {
  return events.length > 0 ? { fields: { events }, count: events.length } : fieldsOf([]);
}

module.exports = { Client, outcomes };
