// Segrid and what users would pick instead, end to end: signed posts of 100 events, delivered to a receiver in place of
// Segment. Per second of CPU time (user + sys of the service, until the last Track has arrived), and latency of the posts at
// 70 % of the alternative's peak.
//
//   node compare.mjs BIN_DIR BODY.json --out RESULT.json [--modules FOLDER] [--rounds 3] [--seconds 1.5]
//
// --out writes what Google Benchmark would write. --modules (or the variable SEGRID_BENCH_MODULES): where
// node/package.json is installed; without it, or without
// Python's aiohttp and cryptography, these services are left out.

import {spawn, spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';

const CONNECTIONS = 8;
const SHARE_OF_PEAK = 0.7;
const START_MILLISECONDS = 20_000;
const DELIVERY_MILLISECONDS = 60_000;
const TICKS_PER_SECOND = 100; // USER_HZ of Linux.
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

function fail(why) {
  throw new Error(`compare: ${why}`);
}

async function start(words, ready) {
  const child = spawn(words[0], words.slice(1).map(String), {stdio: ['ignore', 'ignore', 'pipe']});
  let log = '';
  child.stderr.on('data', (data) => { log = (log + data).slice(-10_000); });
  for (const end = Date.now() + START_MILLISECONDS; Date.now() < end && child.exitCode === null;) {
    const port = ready(log);
    if (port) return {child, url: `http://127.0.0.1:${port}`};
    await sleep(10);
  }
  child.kill('SIGKILL');
  return fail(`${words[0]} does not serve: ${log}`);
}

async function stop({child}) {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

// Folder, programs and keys of a comparison.
class Bench {
  constructor(bin, body, folder) {
    Object.assign(this, {bin, body, folder, files: 0});
    this.key = join(folder, 'key.pem');
    const made = spawnSync(join(bin, 'segrid-bench'), ['http-key', this.key], {encoding: 'utf8'});
    if (made.status !== 0) fail(`segrid-bench http-key: ${made.stderr}`);
    this.publicKey = made.stdout.match(/[A-Za-z0-9+/=]{80,}/)[0];
  }

  path(name) { return join(this.folder, `${++this.files}-${name}`); }

  startWithPortFile(words) {
    const portFile = this.path('port');
    return start([...words, '--port-file', portFile], () => existsSync(portFile) && readFileSync(portFile, 'utf8').trim());
  }

  startSink() { return this.startWithPortFile(['node', here('./sink.mjs')]); }

  startSegrid(segment) {
    const folder = this.path('segrid');
    mkdirSync(folder);
    const config = join(folder, 'server.yaml');
    const local = '{listen: ["127.0.0.1:0"]}';
    writeFileSync(config, `data_dir: ${folder}/data\ngrpc: ${local}\nhttp: ${local}\nadmin: ${local}\n` +
      `webhooks: [{name: default, public_keys: ["${this.publicKey}"]}]\n` +
      `sources: [{name: bench, receiver: segment, endpoint: "${segment}", allow_http: true, write_key: bench-key, ` +
      'requests_per_second: 10000}]\ndrain: {grace: 0s}\n');
    return start([join(this.bin, 'segrid-server'), '--config', config],
      (log) => log.match(/"http":"127\.0\.0\.1:(\d+)"/)?.[1]);
  }

  startNode(segment, modules, durable) {
    const queue = durable ? ['--queue', this.path('queue.db')] : [];
    return this.startWithPortFile(['node', here('./node/service.mjs'), '--modules', modules, '--public-key', this.publicKey,
      '--segment', segment, ...queue]);
  }

  startPython(segment) {
    return this.startWithPortFile(['/usr/bin/python3', here('./python/service.py'), '--public-key', this.publicKey,
      '--segment', segment]);
  }

  load(service, seconds, rate) {
    const result = this.path('load.json');
    const words = ['http', '--url', `${service.url}/v1/webhook`, '--sign-key', this.key, '--body', this.body,
      '--connections', CONNECTIONS, '--warmup', '0.2s', '--duration', `${seconds}s`, '--json', result];
    if (rate !== undefined) words.push('--rate', rate.toFixed(1));
    const run = spawnSync(join(this.bin, 'segrid-bench'), words.map(String), {encoding: 'utf8'});
    if (run.status !== 0) fail(`segrid-bench: ${run.stdout}${run.stderr}`);
    const {metrics} = JSON.parse(readFileSync(result, 'utf8'));
    if (metrics.errors > 0) fail('posts failed');
    return metrics;
  }
}

async function arrived(sink) {
  return (await (await fetch(sink.url)).json()).tracks;
}

// Until nothing has come for a second.
async function settle(sink, from) {
  let [last, since] = [from, Date.now()];
  for (const end = Date.now() + DELIVERY_MILLISECONDS; Date.now() < end && Date.now() - since < 1_000;) {
    await sleep(50);
    const now = await arrived(sink);
    if (now !== last) [last, since] = [now, Date.now()];
  }
  return last;
}

// Events (Tracks that arrived) per CPU second, and the peak in posts per second.
async function measurePeak(bench, sink, service, seconds) {
  const before = await settle(sink, await arrived(sink));
  const cpu = cpuSeconds(service.child.pid);
  const metrics = bench.load(service, seconds);
  const tracks = await settle(sink, before) - before;
  if (tracks === 0) fail('no Track arrived');
  return {perCpuSecond: tracks / (cpuSeconds(service.child.pid) - cpu), peak: metrics.calls_per_second};
}

function services(bench, modules, hasPython) {
  const all = [];
  if (modules !== undefined) {
    all.push({name: 'NodeService', start: (segment) => bench.startNode(segment, modules, false)});
    all.push({name: 'NodeSqliteService', start: (segment) => bench.startNode(segment, modules, true)});
  }
  if (hasPython) all.push({name: 'PythonService', start: (segment) => bench.startPython(segment)});
  return all;
}

function benchmarkOf(name, metrics) {
  return {name, run_name: name, run_type: 'iteration', ...metrics};
}

// Each service gets a receiver and a process of its own, so that one cannot leave work behind for another.
async function withService(bench, begin, act) {
  const sink = await bench.startSink();
  const service = await begin(sink.url);
  try {
    return await act(sink, service);
  } finally {
    await stop(service);
    await stop(sink);
  }
}

async function measureRound(bench, alternatives, seconds) {
  const results = [];
  const segrid = (segment) => bench.startSegrid(segment);
  const own = await withService(bench, segrid, (sink, service) => measurePeak(bench, sink, service, seconds));
  results.push(benchmarkOf('SegridEndToEnd/100', {items_per_second: own.perCpuSecond}));
  for (const {name, start: begin} of alternatives) {
    const theirs = await withService(bench, begin, async (sink, service) => {
      const found = await measurePeak(bench, sink, service, seconds);
      const {p99_seconds: p99} = bench.load(service, seconds, SHARE_OF_PEAK * found.peak);
      return {...found, p99};
    });
    const p99 = await withService(bench, segrid, (sink, service) =>
      bench.load(service, seconds, SHARE_OF_PEAK * theirs.peak).p99_seconds);
    results.push(benchmarkOf(`${name}/100`, {items_per_second: theirs.perCpuSecond, p99_seconds: theirs.p99}));
    results.push(benchmarkOf(`SegridBeside${name}/100`, {p99_seconds: p99}));
  }
  return results;
}

function hasPython() {
  return spawnSync('/usr/bin/python3', ['-c', 'import aiohttp, cryptography']).status === 0;
}

const {values, positionals} = parseArgs({
  allowPositionals: true,
  options: {
    out: {type: 'string'}, modules: {type: 'string', default: process.env.SEGRID_BENCH_MODULES}, rounds: {type: 'string', default: '3'},
    seconds: {type: 'string', default: '1.5'},
  },
});
const [bin, body] = positionals;
if (body === undefined || values.out === undefined) {
  console.error('usage: node compare.mjs BIN_DIR BODY.json --out RESULT.json [--modules FOLDER] [--rounds N] [--seconds S]');
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), 'segrid-alternatives-'));
try {
  const bench = new Bench(bin, body, folder);
  const installed = values.modules !== undefined && existsSync(join(values.modules, 'node_modules')) ? values.modules : undefined;
  const alternatives = services(bench, installed, hasPython());
  const benchmarks = [];
  for (let round = 0; round < Number(values.rounds); ++round) {
    benchmarks.push(...await measureRound(bench, alternatives, Number(values.seconds)));
  }
  writeFileSync(values.out, JSON.stringify({benchmarks}) + '\n');
} finally {
  rmSync(folder, {recursive: true, force: true});
}
