// The webhook's door and the same in Node, loaded alike, one after the other:
// signed bodies, 8 connections. Events per second of the server's CPU time.
//
//   node webhook_pair.mjs BIN_DIR BODY.json --out RESULT.json [--seconds 1]
//
// --out writes what Google Benchmark would write.

import {spawn, spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';

const CONNECTIONS = 8;
const START_MILLISECONDS = 20_000;
const NODE_WEBHOOK = fileURLToPath(new URL('./node_webhook.mjs', import.meta.url));

function fail(why) {
  console.error(`webhook_pair: ${why}`);
  process.exitCode = 1;
  throw new Error(why);
}

// What `ready` says of the started program, as soon as it is not empty.
async function start(words, ready) {
  const child = spawn(words[0], words.slice(1), {stdio: ['ignore', 'ignore', 'pipe']});
  let log = '';
  child.stderr.on('data', (data) => { log = (log + data).slice(-10_000); });
  for (const end = Date.now() + START_MILLISECONDS; Date.now() < end && child.exitCode === null;) {
    const port = ready(log);
    if (port) return {child, port};
    await sleep(10);
  }
  child.kill('SIGKILL');
  return fail(`${words[0]} does not serve: ${log}`);
}

async function stop(child) {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

function load(bin, url, key, options, pid) {
  const result = join(options.folder, 'load.json');
  const words = ['http', '--url', url, '--sign-key', key, '--body', options.body, '--connections', CONNECTIONS,
    '--server-pid', pid, '--warmup', `${options.seconds / 2}s`, '--duration', `${options.seconds}s`, '--json', result];
  const run = spawnSync(join(bin, 'segrid-bench'), words.map(String), {encoding: 'utf8'});
  if (run.status !== 0) fail(`segrid-bench: ${run.stdout}${run.stderr}`);
  return JSON.parse(readFileSync(result, 'utf8'));
}

function benchmarkOf(name, result) {
  const perCpuSecond = result.metrics.events_per_server_cpu_second;
  const p99 = result.metrics.p99_seconds;
  if (!perCpuSecond || !p99 || result.metrics.errors > 0) fail(`${name}: no figures, or errors`);
  return {name, run_name: name, run_type: 'iteration', items_per_second: perCpuSecond, p99_seconds: p99};
}

async function measure(bin, options) {
  const key = join(options.folder, 'key.pem');
  const made = spawnSync(join(bin, 'segrid-bench'), ['http-key', key], {encoding: 'utf8'});
  if (made.status !== 0) fail(`segrid-bench http-key: ${made.stderr}`);
  const publicKey = made.stdout.match(/[A-Za-z0-9+/=]{80,}/)[0];

  // A request a second: the delivery, which Node's does not do, is not measured.
  const config = join(options.folder, 'server.yaml');
  const local = '{listen: ["127.0.0.1:0"]}';
  writeFileSync(config, `data_dir: ${options.folder}/data\ngrpc: ${local}\nhttp: ${local}\nadmin: ${local}\n` +
    `webhooks: [{name: default, public_keys: ["${publicKey}"]}]\n` +
    'sources: [{name: bench, receiver: file, path: tracks.ndjson, requests_per_second: 1}]\n' +
    'drain: {grace: 0s}\n');
  const product = await start([join(bin, 'segrid-server'), '--config', config],
    (log) => log.match(/"http":"127\.0\.0\.1:(\d+)"/)?.[1]);
  const own = load(bin, `http://127.0.0.1:${product.port}/v1/webhook`, key, options, product.child.pid);
  await stop(product.child);

  const portFile = join(options.folder, 'port');
  const node = await start(['node', NODE_WEBHOOK, '--public-key', publicKey, '--port-file', portFile],
    () => existsSync(portFile) && readFileSync(portFile, 'utf8').trim());
  const baseline = load(bin, `http://127.0.0.1:${node.port}/v1/webhook`, key, options, node.child.pid);
  await stop(node.child);
  return [benchmarkOf('WebhookDurable/100', own), benchmarkOf('NodeWebhook/100', baseline)];
}

const {values, positionals} = parseArgs({
  allowPositionals: true,
  options: {out: {type: 'string'}, seconds: {type: 'string', default: '1'}},
});
const [bin, body] = positionals;
if (body === undefined || values.out === undefined) {
  console.error('usage: node webhook_pair.mjs BIN_DIR BODY.json --out RESULT.json [--seconds S]');
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), 'segrid-webhook-'));
try {
  const benchmarks = await measure(bin, {folder, body, seconds: Number(values.seconds)});
  writeFileSync(values.out, JSON.stringify({benchmarks}) + '\n');
} finally {
  rmSync(folder, {recursive: true, force: true});
}
