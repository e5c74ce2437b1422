// The channel to a server, and the calls on it: deadlines, the token, errors, retries.
"use strict";

const { readFileSync } = require("node:fs");
const grpc = require("@grpc/grpc-js");
const { version } = require("../package.json");
const { fromCall } = require("./errors.cjs");
const { BridgeService, AdminService } = require("./protos.cjs");
const { Retrier } = require("./retry.cjs");

const LONGEST_MS = 86_400_000;
const ON_THIS_MACHINE = /^(?:unix:.*|(?:localhost|(?:ipv4:)?127(?:\.\d{1,3}){3}|(?:ipv6:)?\[::1\])(?::\d+)?)$/;
const CHANNEL = {
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 1000,
  "grpc.keepalive_time_ms": 20_000,
  "grpc.keepalive_timeout_ms": 5_000,
  "grpc.enable_retries": 0,
  "grpc.max_receive_message_length": 64 << 20,
  "grpc.primary_user_agent": `segrid-node/${version}`,
  "grpc.service_config": JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
};

function readPem(file) {
  if (!file) return null;
  const content = readFileSync(file);
  if (!content.includes("-----BEGIN ")) throw new TypeError(`'${file}' is not a PEM file`);
  return content;
}

function credentialsOf(tls) {
  if (!tls) return grpc.credentials.createInsecure();
  if (Boolean(tls.certFile) !== Boolean(tls.keyFile)) throw new TypeError("tls.certFile and tls.keyFile must be given together");
  return grpc.credentials.createSsl(readPem(tls.caFile), readPem(tls.keyFile), readPem(tls.certFile));
}

function checkedTimeout(ms) {
  if (!(ms >= 1 && ms <= LONGEST_MS)) throw new RangeError("timeoutMs must be 1 to 86,400,000");
  return ms;
}

class Connection {
  constructor(address, { tls, token = "", timeoutMs = 10_000, retry = {} }) {
    if (token && !tls && !ON_THIS_MACHINE.test(address)) {
      throw new TypeError("token needs tls, because a token must not cross a network in the clear");
    }
    if (!/^[!-~]*$/.test(token)) throw new TypeError("token must be printable ASCII");
    this.address = address;
    this.timeoutMs = checkedTimeout(timeoutMs);
    this.token = token;
    this.retrier = new Retrier(retry);
    const options = tls?.serverName ? { ...CHANNEL, "grpc.ssl_target_name_override": tls.serverName } : CHANNEL;
    const credentials = credentialsOf(tls);
    this.bridge = new BridgeService(address, credentials, options);
    // One connection for both.
    this.admin = new AdminService(address, credentials, { channelOverride: this.bridge.getChannel() });
  }

  close() {
    this.retrier.close();
    this.bridge.close();
  }

  #metadata(key) {
    const metadata = new grpc.Metadata();
    if (this.token) metadata.set("authorization", `Bearer ${this.token}`);
    if (key) metadata.set("segrid-idempotency-key", key);
    return metadata;
  }

  // A call with one response.
  async call(service, method, request, { timeoutMs = this.timeoutMs, signal, exact, whole, key } = {}) {
    checkedTimeout(timeoutMs);
    const attempt = (ms) =>
      new Promise((resolve, reject) => {
        const stop = () => call.cancel();
        const call = this[service][method](request, this.#metadata(key), { deadline: Date.now() + ms }, (failed, response) => {
          signal?.removeEventListener("abort", stop);
          if (failed) reject(fromCall(failed, this.address));
          else resolve(response);
        });
        signal?.addEventListener("abort", stop);
      });
    return this.retrier.run(attempt, timeoutMs, { exact, whole, signal });
  }

  // The responses of a method that goes on; the call ends with the loop over them.
  async *watch(service, method, request, { timeoutMs } = {}) {
    const options = timeoutMs === undefined ? {} : { deadline: Date.now() + checkedTimeout(timeoutMs) };
    yield* this.#read(this[service][method](request, this.#metadata(), options));
  }

  // The responses of a stream of requests. Nothing is repeated.
  async *exchange(service, method, requests, { timeoutMs = this.timeoutMs } = {}) {
    const stream = this[service][method](this.#metadata(), { deadline: Date.now() + checkedTimeout(timeoutMs) });
    let failed; // That of the caller's batches.
    const written = write(stream, requests).catch((error) => {
      failed = error;
      stream.cancel();
    });
    try {
      yield* this.#read(stream);
      await written;
    } catch (error) {
      throw failed ?? error;
    }
  }

  async *#read(stream) {
    stream.on("error", () => {}); // The loop below throws it; after the loop it is the cancelling below.
    try {
      for await (const response of stream) yield response;
    } catch (failed) {
      throw fromCall(failed, this.address);
    } finally {
      stream.cancel();
    }
  }
}

// Writes while the stream takes it. Resolves when all is written, or the stream has ended.
async function write(stream, requests) {
  let isOpen = true;
  const ended = new Promise((resolve) => {
    for (const event of ["close", "error"]) {
      stream.once(event, () => {
        isOpen = false;
        resolve();
      });
    }
  });
  for await (const request of requests) {
    if (!isOpen) return;
    if (!stream.write(request)) await Promise.race([new Promise((resolve) => stream.once("drain", resolve)), ended]);
  }
  stream.end();
}

module.exports = { Connection };
