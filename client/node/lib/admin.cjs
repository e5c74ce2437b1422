// What operators do: status, pauses, dead letters, reload, drain.
"use strict";

const exactly = (options) => ({ ...options, exact: true });
const durationOf = (ms) => ({ seconds: Math.floor(ms / 1000), nanos: Math.round((ms % 1000) * 1e6) });

// Replay, purge, drop, erase, reload and drain are repeated only while there is no connection, because the response to a second
// one would be about what the first one left; their one try may use all of the call's time.
class Admin {
  #connection;

  constructor(connection) {
    this.#connection = connection;
  }

  listSources(options) {
    return this.#call("ListSources", {}, exactly(options));
  }

  async getStatus(options) {
    return (await this.#call("GetStatus", {}, exactly(options))).status;
  }

  async *watchStatus({ intervalMs = 1000, ...options } = {}) {
    const request = { interval: durationOf(intervalMs) };
    for await (const { status } of this.#connection.watch("admin", "WatchStatus", request, options)) yield status;
  }

  tailTracks({ sources = [], sampleRatio = 1, ...options } = {}) {
    return this.#connection.watch("admin", "TailTracks", { sources, sample_ratio: sampleRatio }, options);
  }

  async pauseSource(source, options) {
    await this.#call("PauseSource", { source }, exactly(options));
  }

  async resumeSource(source, options) {
    await this.#call("ResumeSource", { source }, exactly(options));
  }

  async *listDeadLetters(filter, { pageSize = 100, includeTrackJson = false, ...options } = {}) {
    const request = { filter, page_size: pageSize, include_track_json: includeTrackJson, page_token: "" };
    do {
      const page = await this.#call("ListDeadLetters", request, exactly(options));
      yield* page.dead_letters;
      request.page_token = page.next_page_token;
    } while (request.page_token);
  }

  async replayDeadLetters(filter, options) {
    return (await this.#call("ReplayDeadLetters", { filter }, options)).replayed_count;
  }

  async purgeDeadLetters(filter, options) {
    return (await this.#call("PurgeDeadLetters", { filter }, options)).purged_count;
  }

  dropSource(source, options) {
    return this.#call("DropSource", { source }, options);
  }

  erasePerson({ email = "", userId = "", source = "" }, { dryRun = false, timeoutMs = 600_000, ...options } = {}) {
    return this.#call("ErasePerson", { email, user_id: userId, source, dry_run: dryRun }, { ...options, timeoutMs });
  }

  reloadConfig(options) {
    return this.#call("ReloadConfig", {}, options);
  }

  async drain(options) {
    await this.#call("Drain", {}, options);
  }

  #call(method, request, options = {}) {
    return this.#connection.call("admin", method, request, { whole: !options.exact, ...options });
  }
}

module.exports = { Admin };
