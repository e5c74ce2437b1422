// The errors of calls, with the details that the server sends.
"use strict";

const { status } = require("@grpc/grpc-js");
const { decode } = require("./protos.cjs");

const TYPE = "type.googleapis.com/google.rpc.";
const LONGEST_MS = 86_400_000;
// grpc-js says it in words only. With other words the reason is empty, and nothing else changes.
const NEVER_CONNECTED = /^(?:round_robin: )?No connection established|^Name resolution failed/;

class SegridError extends Error {
  constructor(code, reason, message, details = {}) {
    super(message);
    this.name = "SegridError";
    this.code = code;
    this.codeName = status[code] ?? "UNKNOWN";
    this.reason = reason;
    this.retryAfterMs = details.retryAfterMs;
    this.violations = details.violations ?? [];
    this.metadata = details.metadata ?? {};
    this.attempts = 1;
  }

  get index() {
    for (const { field } of this.violations) {
      const found = /^events\[(\d+)\]/.exec(field);
      if (found) return Number(found[1]);
    }
    return undefined;
  }

  toString() {
    return `${this.codeName}${this.reason ? ` (${this.reason})` : ""}: ${this.message}`;
  }
}

function addDetail(details, name, bytes) {
  if (name === "ErrorInfo") {
    const info = decode(name, bytes);
    details.reason = info.reason;
    details.metadata = info.metadata;
  } else if (name === "BadRequest") {
    details.violations = decode(name, bytes).field_violations.map(({ field, description }) => ({ field, description }));
  } else if (name === "RetryInfo") {
    const { seconds, nanos } = decode(name, bytes).retry_delay ?? { seconds: 0, nanos: 0 };
    details.retryAfterMs = Math.min(Math.max(Number(seconds) * 1000 + nanos / 1e6, 0), LONGEST_MS);
  }
}

// The error of a google.rpc.Status. Details that cannot be read are left out.
function fromStatus({ code, message, details: sent }) {
  const details = { reason: "" };
  for (const { type_url, value } of sent) {
    try {
      if (type_url.startsWith(TYPE)) addDetail(details, type_url.slice(TYPE.length), value);
    } catch {
      // Code and message remain.
    }
  }
  return new SegridError(code in status ? code : status.UNKNOWN, details.reason, message, details);
}

// The error of a call that failed.
function fromCall(failed, address) {
  if (typeof failed.code !== "number") return failed; // Not gRPC's, such as a request that cannot be encoded.
  let details = [];
  try {
    const [trailer] = failed.metadata?.get("grpc-status-details-bin") ?? [];
    if (trailer) ({ details } = decode("Status", trailer));
  } catch {
    // As above.
  }
  const error = fromStatus({ code: failed.code, message: failed.details, details });
  if (error.reason) return error;
  if (error.code === status.UNAVAILABLE && NEVER_CONNECTED.test(error.message)) {
    error.reason = "NOT_CONNECTED";
    error.message = `cannot connect to ${address}: ${error.message}`;
  } else if (error.code === status.DEADLINE_EXCEEDED) {
    error.message = `no answer from ${address} in time`;
  }
  return error;
}

module.exports = { SegridError, fromCall, fromStatus };
