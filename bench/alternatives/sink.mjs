// A receiver in place of Segment: takes everything, and counts Tracks by their ids.
//
//   node sink.mjs --port-file FILE [--keep FILE]
//
// GET /count says {"requests":…,"tracks":…}. --keep appends each body as a line.

import {appendFileSync, renameSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {parseArgs} from 'node:util';
import {gunzipSync} from 'node:zlib';

const {values} = parseArgs({options: {'port-file': {type: 'string'}, keep: {type: 'string'}}});
const ID = Buffer.from('"messageId"');
const counts = {requests: 0, tracks: 0};

function countTracks(body) {
  let tracks = 0;
  for (let at = body.indexOf(ID); at >= 0; at = body.indexOf(ID, at + ID.length)) ++tracks;
  return tracks;
}

const server = createServer((request, response) => {
  if (request.method === 'GET') return response.end(JSON.stringify(counts));
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const sent = Buffer.concat(chunks);
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
    ++counts.requests;
    counts.tracks += countTracks(body);
    if (values.keep !== undefined) appendFileSync(values.keep, `${body}\n`);
    response.writeHead(200, {'Content-Type': 'application/json'}).end('{"success":true}');
  });
});
server.listen(0, '127.0.0.1', () => {
  writeFileSync(values['port-file'] + '.new', `${server.address().port}\n`);
  renameSync(values['port-file'] + '.new', values['port-file']);
});
process.on('SIGTERM', () => process.exit(0));
