// SendGrid's webhook as one would write it in Node: http server, signature over
// the raw body, transform, 200. Nothing is kept: no queue, no durability. The
// baseline of the row `webhook ÷ Node webhook` of `./dev bench`.
//
//   node node_webhook.mjs --public-key BASE64_DER --port-file FILE

import {createPublicKey, createVerify} from 'node:crypto';
import {renameSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {parseArgs} from 'node:util';

import {transform} from './node_transform.mjs';

const {values} = parseArgs({options: {'public-key': {type: 'string'}, 'port-file': {type: 'string'}}});
const key = createPublicKey({key: Buffer.from(values['public-key'], 'base64'), format: 'der', type: 'spki'});
const REPLAY_WINDOW_SECONDS = 600;

function isSigned(headers, body) {
  const signature = headers['x-twilio-email-event-webhook-signature'];
  const timestamp = headers['x-twilio-email-event-webhook-timestamp'];
  if (signature === undefined || timestamp === undefined) return false;
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > REPLAY_WINDOW_SECONDS) return false;
  return createVerify('sha256').update(timestamp).update(body).verify(key, signature, 'base64');
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    if (request.method !== 'POST' || request.url !== '/v1/webhook') {
      response.writeHead(404).end();
    } else if (!isSigned(request.headers, body)) {
      response.writeHead(401).end();
    } else {
      const batch = transform(body); // Would be sent on from here.
      response.writeHead(batch.length > 0 ? 200 : 500).end();
    }
  });
});

server.listen(0, '127.0.0.1', () => {
  writeFileSync(values['port-file'] + '.new', `${server.address().port}\n`);
  renameSync(values['port-file'] + '.new', values['port-file']);
});
process.on('SIGTERM', () => process.exit(0));
