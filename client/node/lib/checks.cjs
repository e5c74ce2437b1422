// Whether a response can be the one to what was sent. An empty response must not be taken for success.
"use strict";

const { status } = require("@grpc/grpc-js");
const { SegridError } = require("./errors.cjs");

function impossible(what) {
  const message = `the server's answer does not fit what was sent, so nobody knows what became of it: ${what}`;
  return new SegridError(status.INTERNAL, "IMPOSSIBLE_ANSWER", message);
}

function checkSum(whole, response, names) {
  const counts = names.map((name) => response[name]);
  const sum = counts.reduce((one, other) => one + other, 0);
  if (Math.min(...counts) >= 0 && sum === whole) return;
  throw impossible(`${names.map((name) => `${name} is ${response[name]}`).join(", ")}; the sum must be ${whole}`);
}

function checkEvents(sent, response) {
  const { event_count: count } = response;
  if (count < 0 || (sent !== undefined && sent !== count)) throw impossible(`event_count is ${count} for ${sent ?? "a body of"} events`);
  for (const { index } of response.issues) {
    if (index < 0 || index >= count) throw impossible(`an issue is about event ${index} of ${count}`);
  }
}

// Give the response, or throw. `sent`: the number of events, when it is known.
function checkTransform(sent, response) {
  checkEvents(sent, response);
  checkSum(response.event_count, response, ["track_count", "skipped_count", "rejected_count"]);
  if (response.batch_json.length === 0 && response.tracks.length !== response.track_count) {
    throw impossible(`track_count is ${response.track_count}, but there are ${response.tracks.length}`);
  }
  return response;
}

function checkForward(sent, response) {
  const names = ["accepted_count", "duplicate_count", "skipped_count", "rejected_count"];
  checkEvents(sent, response);
  for (const source of response.sources) checkSum(response.event_count, source, names);
  if (response.event_count > 0 && response.sources.length === 0) throw impossible("no source has answered");
  checkSum(response.event_count * response.sources.length, response, names);
  return response;
}

module.exports = { checkForward, checkTransform };
