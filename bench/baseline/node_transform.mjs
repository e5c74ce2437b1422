// The transform as one would write it in Node: JSON.parse, plain objects,
// crypto.createHash, JSON.stringify. The baseline of `./dev bench`.
//
//   node node_transform.mjs BODY.json --out RESULT.json [--seconds 1]
//   node node_transform.mjs BODY.json --print
//
// --out writes what Google Benchmark would write: events per second of CPU time
// (user and system, all threads of the process). --print writes the batch.

import {createHash} from 'node:crypto';
import {readFileSync, writeFileSync} from 'node:fs';
import {basename} from 'node:path';
import {pathToFileURL} from 'node:url';
import {parseArgs} from 'node:util';

const NAMES = {
  processed: 'Email Processed',
  delivered: 'Email Delivered',
  open: 'Email Opened',
  click: 'Email Link Clicked',
  dropped: 'Email Dropped',
  bounce: 'Email Bounced',
  unsubscribe: 'Unsubscribed',
  group_unsubscribe: 'Unsubscribed From Group',
  group_resubscribe: 'Resubscribed To Group',
  spamreport: 'Email Marked as Spam',
};
const RECIPIENT_ACTS = new Set([
  'open', 'click', 'unsubscribe', 'group_unsubscribe', 'group_resubscribe', 'spamreport',
]);
const PLACEHOLDERS = new Set(['sg_event_id', 'sendgrid_internal_event_id']);
const FINGERPRINT = [
  'event', 'email', 'timestamp', 'sg_message_id', 'url', 'asm_group_id', 'smtp-id', 'reason',
];
const LIBRARY = {name: 'segrid', version: '0.1.0'};

const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const text = (value) => (value === undefined || value === null || value === '' ? undefined : String(value));
const first = (...values) => values.map(text).find((value) => value !== undefined);

const isTrue = (value) => value === true || /^(1|true)$/i.test(String(value));

function messageId(event) {
  const id = event.sg_event_id;
  if (id && !PLACEHOLDERS.has(id)) return id;
  return 'sg-' + sha256(FINGERPRINT.map((key) => `${event[key] ?? ''}\x1f`).join('')).slice(0, 40);
}

// Seconds, or from 1e11 on milliseconds; or text.
function time(value) {
  const number = Number(value);
  if (Number.isNaN(number)) return new Date(value);
  return new Date(Math.trunc(number >= 1e11 ? number : number * 1000));
}

function emailType(event) {
  if (event.mc_stats === 'singlesend') return 'Singlesend';
  if (event.mc_stats === 'automation') return 'Automation';
  if (event.mc_stats) return undefined;
  if (event.singlesend_id) return 'Singlesend';
  return event.mc_auto_id ? 'Automation' : undefined;
}

function categories(category) {
  if (category === undefined || category === null || category === '') return undefined;
  const list = (Array.isArray(category) ? category : [category]).map(text).filter((item) => item !== undefined);
  return list.length > 0 ? list : undefined;
}

function properties(event) {
  const type = emailType(event);
  const test = {test: true, send: false}[event.phase_id];
  return {
    email_type: type,
    template_id: first(event.template_id, event.sg_template_id),
    email_subject: first(event.subject, event.email_subject),
    test_phase: type === 'Singlesend' ? test : undefined,
    unsubscribe_group_id: event.asm_group_id === undefined ? undefined : Number(event.asm_group_id),
    link_url: event.event === 'click' ? text(event.url) : undefined,
    categories: categories(event.category),
    campaign_name: first(event.singlesend_name, event.marketing_campaign_name),
    campaign_id: first(event.singlesend_id, event.marketing_campaign_id),
    automation_name: text(event.mc_auto_name),
    automation_id: text(event.mc_auto_id),
    automation_step_id: text(event.mc_auto_step_id),
  };
}

// Nothing where the event gives no Track.
function track(event) {
  const name = event.event === 'open' && isTrue(event.sg_machine_open) ? 'Email Machine Opened' : NAMES[event.event];
  if (!name || !event.email || !event.timestamp) return undefined;
  const acts = RECIPIENT_ACTS.has(event.event);
  return {
    type: 'track',
    messageId: messageId(event),
    anonymousId: sha256(event.email.trim().toLowerCase()),
    event: name,
    timestamp: time(event.timestamp).toISOString(),
    properties: properties(event),
    context: {
      library: LIBRARY,
      traits: {
        email: event.email,
        ip: acts ? text(event.ip) : undefined,
        user_agent: acts ? text(event.useragent) : undefined,
      },
    },
  };
}

// From the bytes of a webhook body to the bytes of a batch.
export function transform(body) {
  const batch = JSON.parse(body.toString('utf8').replace(/^\uFEFF/, '')).map(track).filter(Boolean);
  return Buffer.from(JSON.stringify({batch}));
}

function cpuSeconds(since) {
  const {user, system} = process.cpuUsage(since);
  return (user + system) / 1e6;
}

function measure(body, seconds) {
  const events = JSON.parse(body).length;
  for (const end = Date.now() + 400; Date.now() < end;) transform(body); // The JIT warms up.
  const start = process.cpuUsage();
  let batches = 0;
  let bytes = 0;
  for (const end = Date.now() + seconds * 1000; Date.now() < end; ++batches) bytes += transform(body).length;
  return {events, batches, bytes, cpu: cpuSeconds(start)};
}

function main() {
  const {values, positionals} = parseArgs({
    allowPositionals: true,
    options: {out: {type: 'string'}, seconds: {type: 'string', default: '1'}, print: {type: 'boolean', default: false}},
  });
  const [path] = positionals;
  if (path === undefined || (!values.print && values.out === undefined)) {
    console.error('usage: node node_transform.mjs BODY.json (--out RESULT.json [--seconds S] | --print)');
    process.exit(2);
  }
  const body = readFileSync(path);
  if (values.print) {
    process.stdout.write(transform(body));
  } else {
    const result = measure(body, Number(values.seconds));
    const name = `NodeJsonToJson/${result.events}`;
    const benchmark = {
      name,
      run_name: name,
      run_type: 'iteration',
      input: basename(path),
      items_per_second: (result.events * result.batches) / result.cpu,
      bytes_per_second: (body.length * result.batches) / result.cpu,
    };
    writeFileSync(values.out, JSON.stringify({benchmarks: [benchmark]}) + '\n');
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) main();
