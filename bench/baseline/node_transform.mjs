// The transform as one would write it in Node: JSON.parse, plain objects,
// crypto.createHash, JSON.stringify. The baseline of `./dev bench`. It does the
// work of docs/mapping.md with the settings' defaults, which a test compares;
// only numbers that JavaScript cannot keep as they are written (1.0, 20 digits)
// come out in another spelling.
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

const NAMES = new Map([
  ['processed', 'Email Processed'],
  ['delivered', 'Email Delivered'],
  ['open', 'Email Opened'],
  ['click', 'Email Link Clicked'],
  ['dropped', 'Email Dropped'],
  ['bounce', 'Email Bounced'],
  ['unsubscribe', 'Unsubscribed'],
  ['group_unsubscribe', 'Unsubscribed From Group'],
  ['group_resubscribe', 'Resubscribed To Group'],
  ['spamreport', 'Email Marked as Spam'],
]);
const RECIPIENT_ACTS = new Set([
  'open', 'click', 'unsubscribe', 'group_unsubscribe', 'group_resubscribe', 'spamreport',
]);
const PLACEHOLDERS = new Set(['sg_event_id', 'sendgrid_internal_event_id']);
const LIBRARY = {name: 'segrid', version: '0.1.0'};
const MAX_TRACK_BYTES = 32_000;
const FIRST_MILLISECONDS = 100_000_000_000;
const LAST_MILLISECONDS = 253_402_300_799_999;

const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

// A value as a string; nothing where it is missing or cannot be one.
function text(value) {
  if (typeof value === 'string') return value === '' ? undefined : value.toWellFormed();
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}
const first = (a, b) => text(a) ?? text(b);

function isTrue(value) {
  return value === true || value === 1 || (typeof value === 'string' && /^(?:1|true)$/i.test(value));
}

// A 64-bit integer, as exactly as a number can be one.
function integer(value) {
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) < 2 ** 63 ? value : undefined;
  if (typeof value !== 'string' || !/^-?[0-9]+$/.test(value)) return undefined;
  const big = BigInt(value);
  return BigInt.asIntN(64, big) === big ? Number(big) : undefined;
}

// Milliseconds of digits with a fraction or an exponent that are written out
// down to the second.
function decimalTime(value) {
  const match = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/.exec(value);
  if (match === null) return undefined;
  const digits = match[2] + (match[3] ?? '');
  const point = match[2].length + Number(match[4] ?? 0);
  const lastPlace = point - digits.length;
  if (lastPlace > 3) return undefined;
  const whole = Number(digits.slice(0, Math.max(point, 0)).padEnd(Math.max(point, 0), '0'));
  const isMilliseconds = whole >= FIRST_MILLISECONDS;
  if (!isMilliseconds && lastPlace > 0) return undefined;
  const fraction = point < 0 ? '0'.repeat(Math.min(-point, 3)) + digits : digits.slice(point);
  const milliseconds = isMilliseconds ? whole : whole * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3));
  return match[1] === '-' ? -milliseconds : milliseconds;
}

const RFC_3339 =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?(?:Z|([+-])([0-9]{2}):([0-9]{2}))$/;

function rfc3339(value) {
  const match = RFC_3339.exec(value);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number);
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const [hours, minutes] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  if (hours > 23 || minutes > 59) return undefined;
  const offset = (hours * 60 + minutes) * (match[8] === '-' ? -1 : 1);
  const fraction = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3));
  return date.getTime() + ((hour * 60 + minute - offset) * 60 + second) * 1000 + fraction;
}

// The milliseconds of a time, and the number that the fingerprint has of it.
function time(value) {
  const whole = integer(value);
  if (whole !== undefined) {
    return {milliseconds: whole >= FIRST_MILLISECONDS ? whole : whole * 1000, printed: String(whole)};
  }
  if (typeof value !== 'number' && typeof value !== 'string') return undefined;
  const milliseconds = decimalTime(String(value)) ?? (typeof value === 'string' ? rfc3339(value) : undefined);
  if (milliseconds === undefined) return undefined;
  return {milliseconds, printed: String(milliseconds % 1000 === 0 ? milliseconds / 1000 : milliseconds)};
}

function fingerprint(event, at) {
  const parts = [
    event.event.toWellFormed(), event.email.toWellFormed(), at.printed, text(event.sg_message_id), text(event.url),
    integer(event.asm_group_id), text(event['smtp-id']), text(event.reason),
  ];
  return parts.map((part) => `${part ?? ''}\x1f`).join('');
}

function messageId(event, at) {
  const id = text(event.sg_event_id);
  if (id === undefined || PLACEHOLDERS.has(id)) return 'sg-' + sha256(fingerprint(event, at)).slice(0, 40);
  return /^[A-Za-z0-9._-]{1,64}$/.test(id) ? id : 'sg-' + sha256(id).slice(0, 40);
}

function emailType(event) {
  const stats = text(event.mc_stats);
  if (stats === 'singlesend') return 'Singlesend';
  if (stats === 'automation') return 'Automation';
  if (stats !== undefined) return undefined;
  if (text(event.singlesend_id) !== undefined) return 'Singlesend';
  return text(event.mc_auto_id) !== undefined ? 'Automation' : undefined;
}

// A custom argument: at top level, or in one of the objects that hold some.
function argument(event, name) {
  if (Object.hasOwn(event, name)) return text(event[name]);
  for (const object of [event.custom_args, event.unique_args]) {
    if (isObject(object) && Object.hasOwn(object, name)) return text(object[name]);
  }
  return undefined;
}

function categories(category) {
  const list = (Array.isArray(category) ? category : [category]).map(text).filter((item) => item !== undefined);
  return list.length > 0 ? list : undefined;
}

function properties(event) {
  const type = emailType(event);
  const phase = text(event.phase_id);
  return {
    email_type: type,
    template_id: first(event.template_id, event.sg_template_id),
    email_subject: argument(event, 'subject') ?? argument(event, 'email_subject'),
    test_phase: type !== 'Singlesend' || (phase !== 'test' && phase !== 'send') ? undefined : phase === 'test',
    unsubscribe_group_id: integer(event.asm_group_id),
    link_url: event.event === 'click' ? text(event.url) : undefined,
    categories: categories(event.category),
    campaign_name: first(event.singlesend_name, event.marketing_campaign_name),
    campaign_id: first(event.singlesend_id, event.marketing_campaign_id),
    automation_name: text(event.mc_auto_name),
    automation_id: text(event.mc_auto_id),
    automation_step_id: text(event.mc_auto_step_id),
  };
}

function anonymousId(email) {
  const trimmed = email.replace(/^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g, '');
  return trimmed && sha256(trimmed.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()));
}

// Nothing where the event gives no Track.
export function track(event) {
  if (!isObject(event) || typeof event.event !== 'string' || typeof event.email !== 'string') return undefined;
  const isMachine = event.event === 'open' && isTrue(event.sg_machine_open);
  const name = isMachine ? 'Email Machine Opened' : NAMES.get(event.event);
  const email = event.email.toWellFormed();
  const hash = name && anonymousId(email);
  if (!hash) return undefined;
  const at = time(event.timestamp);
  if (at === undefined || at.milliseconds <= 0 || at.milliseconds > LAST_MILLISECONDS) return undefined;
  const acts = RECIPIENT_ACTS.has(event.event);
  return {
    type: 'track',
    messageId: messageId(event, at),
    anonymousId: hash,
    event: name,
    timestamp: new Date(at.milliseconds).toISOString(),
    properties: properties(event),
    context: {
      library: LIBRARY,
      traits: {
        email,
        ip: acts ? text(event.ip) : undefined,
        user_agent: acts ? text(event.useragent) : undefined,
      },
    },
  };
}

function isTooLarge(json) {
  return json.length * 3 > MAX_TRACK_BYTES && Buffer.byteLength(json) > MAX_TRACK_BYTES;
}

// From the bytes of a webhook body to the bytes of a batch.
export function transform(body) {
  const tracks = [];
  for (const event of JSON.parse(body.toString('utf8').replace(/^\uFEFF/, ''))) {
    const made = track(event);
    if (made === undefined) continue;
    const json = JSON.stringify(made);
    if (!isTooLarge(json)) tracks.push(json);
  }
  return Buffer.from(`{"batch":[${tracks.join(',')}]}`);
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
