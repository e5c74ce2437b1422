// A webhook between SendGrid and Segment as one would write it with the official packages: express takes the post,
// @sendgrid/eventwebhook checks the signature, @segment/analytics-node sends the Tracks.
//
//   node service.mjs --modules FOLDER --public-key KEY --segment http://127.0.0.1:PORT --port-file FILE [--queue FILE]
//
// Without --queue the Tracks are in memory when the post is answered. With it they are in an SQLite database, committed
// with fsync, and leave it when Segment has taken them. --modules: where package.json is installed.

import {renameSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join, resolve} from 'node:path';
import {parseArgs} from 'node:util';

import {track} from '../../baseline/node_transform.mjs';

const {values} = parseArgs({
  options: {
    modules: {type: 'string'}, 'public-key': {type: 'string'}, segment: {type: 'string'}, 'port-file': {type: 'string'},
    queue: {type: 'string'},
  },
});
const require = createRequire(join(resolve(values.modules), 'package.json'));
const express = require('express');
const {EventWebhook, EventWebhookHeader} = require('@sendgrid/eventwebhook');
const {Analytics} = require('@segment/analytics-node');

const MAX_BODY = '4mb';
const BATCH = 250; // Tracks of a request to Segment.
const segment = new Analytics({
  writeKey: 'bench-key', host: values.segment, flushAt: BATCH, flushInterval: 100, maxRetries: 10,
});

// Tracks on their way to the package: it needs the fields apart.
function send(made, done) {
  segment.track({
    messageId: made.messageId, anonymousId: made.anonymousId, event: made.event, timestamp: made.timestamp,
    properties: made.properties, context: made.context,
  }, done);
}

// Keeps Tracks in a database until Segment has taken them.
class Queue {
  constructor(path) {
    const Database = require('better-sqlite3');
    const database = new Database(path);
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.exec('CREATE TABLE IF NOT EXISTS tracks (number INTEGER PRIMARY KEY, id TEXT UNIQUE, track TEXT)');
    this.insert = database.prepare('INSERT OR IGNORE INTO tracks (id, track) VALUES (?, ?)');
    this.select = database.prepare('SELECT number, track FROM tracks WHERE number > ? ORDER BY number LIMIT ?');
    this.remove = database.prepare('DELETE FROM tracks WHERE number = ?');
    this.add = database.transaction((tracks) => {
      for (const made of tracks) this.insert.run(made.messageId, JSON.stringify(made));
    });
    this.removeAll = database.transaction((numbers) => {
      for (const number of numbers) this.remove.run(number);
    });
    this.last = 0;
    this.sending = false;
  }

  // One batch after the other, until the database has no more.
  async deliver() {
    if (this.sending) return;
    this.sending = true;
    for (let rows = this.select.all(this.last, BATCH); rows.length > 0; rows = this.select.all(this.last, BATCH)) {
      this.last = rows.at(-1).number;
      const taken = [];
      await Promise.all(rows.map(({number, track: text}) => new Promise((resolve) => {
        send(JSON.parse(text), (error) => {
          if (!error) taken.push(number);
          resolve();
        });
      })));
      this.removeAll(taken);
    }
    this.sending = false;
  }
}

const queue = values.queue === undefined ? undefined : new Queue(values.queue);
const webhook = new EventWebhook();
const key = webhook.convertPublicKeyToECDSA(values['public-key']);
const app = express();
app.post('/v1/webhook', express.raw({type: () => true, limit: MAX_BODY}), (request, response) => {
  const signature = request.get(EventWebhookHeader.SIGNATURE());
  const timestamp = request.get(EventWebhookHeader.TIMESTAMP());
  if (!signature || !timestamp || !webhook.verifySignature(key, request.body, signature, timestamp)) {
    return response.status(401).end();
  }
  const tracks = JSON.parse(request.body).map(track).filter((made) => made !== undefined);
  if (queue) {
    queue.add(tracks);
    setImmediate(() => queue.deliver());
  } else {
    for (const made of tracks) send(made);
  }
  return response.status(200).end();
});

const server = app.listen(0, '127.0.0.1', () => {
  writeFileSync(values['port-file'] + '.new', `${server.address().port}\n`);
  renameSync(values['port-file'] + '.new', values['port-file']);
});
process.on('SIGTERM', () => process.exit(0));
