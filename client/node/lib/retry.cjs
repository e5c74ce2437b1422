// Repeats calls that failed for a moment, as the C++ client does.
"use strict";

const { status } = require("@grpc/grpc-js");
const { SegridError } = require("./errors.cjs");

const DEFAULTS = { maxAttempts: 20, attemptTimeoutMs: 2000, initialBackoffMs: 50, maxBackoffMs: 1000, budget: 1000 };
const SHORTEST_MS = 1; // A try needs some time.

function checked(given) {
  const options = { ...DEFAULTS, ...given };
  const within = (name, low, high) => {
    if (!(options[name] >= low && options[name] <= high)) throw new RangeError(`retry.${name} must be ${low} to ${high}`);
  };
  for (const name of Object.keys(given)) {
    if (!(name in DEFAULTS)) throw new TypeError(`retry has no option ${name}`);
  }
  within("maxAttempts", 1, 100);
  within("attemptTimeoutMs", SHORTEST_MS, 86_400_000);
  within("initialBackoffMs", SHORTEST_MS, options.maxBackoffMs);
  within("maxBackoffMs", SHORTEST_MS, 3_600_000);
  within("budget", 1, 1_000_000);
  return options;
}

function isWorthAnother(error, exact) {
  if (!(error instanceof SegridError)) return false;
  if (error.reason === "NOT_CONNECTED") return true;
  if (!exact || error.reason === "STOPPED" || error.reason === "CLOSED") return false;
  if (error.code === status.RESOURCE_EXHAUSTED) return error.retryAfterMs !== undefined;
  return [status.UNAVAILABLE, status.DEADLINE_EXCEEDED, status.CANCELLED].includes(error.code);
}

// Makes the tries of calls; the calls of a client share its budget.
class Retrier {
  constructor(given = {}, { now = () => performance.now(), random = Math.random, wait } = {}) {
    this.options = checked(given);
    this.now = now;
    this.random = random;
    this.wait = wait ?? ((ms, signal) => this.#wait(ms, signal));
    this.tenths = this.options.budget * 10;
    this.closing = new AbortController();
  }

  // Ends all waits: calls that wait for another try fail with CLOSED.
  close() {
    this.closing.abort();
  }

  // Calls `attempt(ms)` until it succeeds. `exact`: the call may be repeated without an effect; otherwise only tries without
  // a connection are. `whole`: one try may use all of the call's time.
  async run(attempt, timeoutMs, { exact, whole = false, signal } = {}) {
    const deadline = this.now() + timeoutMs;
    let asked = 0;
    let bound = this.options.initialBackoffMs;
    for (;;) {
      this.#checkStopped(signal);
      const left = Math.max(deadline - this.now(), SHORTEST_MS);
      try {
        const response = await attempt(whole ? left : Math.min(left, this.options.attemptTimeoutMs));
        this.tenths = Math.min(this.tenths + 1, this.options.budget * 10);
        return response;
      } catch (error) {
        this.#checkStopped(signal);
        const reached = error.reason !== "NOT_CONNECTED";
        if (reached) asked += 1;
        if (error instanceof SegridError) error.attempts = Math.max(asked, 1);
        const delay = Math.max(this.random() * bound, error.retryAfterMs ?? 0);
        bound = Math.min(bound * 2, this.options.maxBackoffMs);
        const { maxAttempts } = this.options;
        const isLast = !isWorthAnother(error, exact) || maxAttempts === 1 || asked >= maxAttempts;
        if (isLast || this.now() + delay + SHORTEST_MS > deadline || (reached && !this.#take())) throw error;
        await this.wait(delay, signal);
      }
    }
  }

  #take() {
    if (this.tenths < 10) return false;
    this.tenths -= 10;
    return true;
  }

  #checkStopped(signal) {
    if (signal?.aborted) throw new SegridError(status.CANCELLED, "STOPPED", "the caller stopped the call");
    if (this.closing.signal.aborted) throw new SegridError(status.CANCELLED, "CLOSED", "the client was closed");
  }

  #wait(ms, signal) {
    return new Promise((resolve) => {
      const ends = [this.closing.signal, ...(signal ? [signal] : [])];
      const done = () => {
        clearTimeout(timer);
        for (const end of ends) end.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      for (const end of ends) end.addEventListener("abort", done);
    });
  }
}

module.exports = { Retrier };
