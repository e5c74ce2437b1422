// Asks for status.json every two seconds and shows it. Nodes stay and only texts that differ change, so that a selection,
// the focus and an open ledger survive. All that comes from the server becomes text, never markup.
"use strict";

const POLL_MS = 2000, HIDDEN_POLL_MS = 10000, TIMEOUT_MS = 5000, RATE_MS = 10000;
const LATE_MS = 15 * 60e3;      // As the alert SegridDeliveryLate.
const FILLING = 0.8;            // As SegridQueueFilling.
const SVG = "http://www.w3.org/2000/svg";
const ICON = {good: "16a34a", warn: "d97706", bad: "dc2626", stale: "475569", unknown: "64748b"};
const HISTORY = ["tracks", "skipped", "rejected", "delivered", "failed_attempts"];

// The states and other troubles of a source, worst first. Red is what the alerts wake somebody for, amber what can wait.
// `key` is the state, or `is` says whether a source is so; `word` is for the summary, `label` for its card, `name` is that of
// its row in the runbook.
const PROBLEMS = [
  {key: "misconfigured", tone: "bad", word: "held", label: "held: misconfigured", name: "MISCONFIGURED", command: "segrid resume"},
  {key: "overdue", tone: "bad", word: "without room for dead letters", label: "dead letters full", name: "SegridTracksOverdue", is: source => source.dead_letters_full},
  {key: "late", tone: "bad", word: "late", label: "late", name: "SegridDeliveryLate", is: source => source.oldest && data.now - source.oldest > LATE_MS},
  {key: "orphaned", tone: "warn", word: "orphaned", label: "orphaned", name: "ORPHANED"},
  {key: "backing_off", tone: "warn", word: "backing off", label: "backing off", name: "BACKING_OFF"},
  {key: "rate_limited", tone: "warn", word: "rate limited", label: "rate limited", name: "RATE_LIMITED"},
  {key: "paused", tone: "warn", word: "paused", label: "paused", name: "PAUSED", command: "segrid resume"},
];
const KNOWN = new Set(["running", ...PROBLEMS.map(problem => problem.key)]);

let data = null, stale = false, answeredAt = 0;
let samples = [];               // The totals over the last RATE_MS and a little more.
let shownHead = "";             // The words of the title, the colour of the icon.

// --- Texts -----------------------------------------------------------------

const id = name => document.getElementById(name);
const plural = (n, one, many = one + "s") => `${number(n)} ${n === 1 ? one : many}`;
const DASH = "\u2013";          // Stands for a value that is unknown or is not there.
// The sum over all sources; undefined when one is unknown, because its queue does not respond.
const total = name => data.sources.reduce((sum, each) => sum + each[name], 0);
const known = (value, format = number) => value === undefined || Number.isNaN(value) ? DASH : format(value);

const capital = text => text.slice(0, 1).toUpperCase() + text.slice(1);

function number(n) {
  if (n >= 1e9) return (n / 1e9).toFixed(2) + " G";
  if (n >= 1e6) return (n / 1e6).toFixed(2) + " M";
  if (n >= 1e4) return (n / 1e3).toFixed(1) + " k";
  if (n > 0 && n < 0.95) return n.toPrecision(1);
  return n >= 10 || Number.isInteger(n) ? Math.round(n).toLocaleString("en") : n.toFixed(1);
}
function bytes(n) {
  for (const unit of ["B", "KiB", "MiB", "GiB"]) {
    if (n < 1000) return n.toFixed(unit === "B" || n >= 100 ? 0 : 1) + " " + unit;
    n /= 1024;
  }
  return n.toFixed(1) + " TiB";
}
function span(ms) {
  const s = Math.max(0, ms) / 1000;
  if (s < 1) return Math.round(s * 1000) + " ms";
  if (s < 60) return (s < 10 && !Number.isInteger(s) ? s.toFixed(1) : Math.floor(s)) + " s";
  if (s < 3600) return Math.floor(s / 60) + " min";
  if (s < 86400) return Math.floor(s / 3600) + " h " + Math.floor(s % 3600 / 60) + " min";
  return Math.floor(s / 86400) + " d " + Math.floor(s % 86400 / 3600) + " h";
}
const seconds = ms => span(Math.floor(Math.max(0, ms) / 1000) * 1000).replace("0 ms", "0 s");
function clock(ms, withSeconds = false) {
  return new Date(ms).toLocaleTimeString("en-GB", {hour: "2-digit", minute: "2-digit", second: withSeconds ? "2-digit" : undefined});
}
function moment(ms) {
  const day = new Date(ms).toLocaleDateString("sv-SE");
  return day === new Date(data.now).toLocaleDateString("sv-SE") ? clock(ms) : day + " " + clock(ms);
}
// One word of a shell's command line that means `text`.
const quoted = text => /^[A-Za-z0-9_@%+=:,.\/-]+$/.test(text) ? text : "'" + text.replace(/'/g, "'\\''") + "'";
const option = (name, text) => name + (text.startsWith("-") ? "=" : " ") + quoted(text);

// --- Nodes -----------------------------------------------------------------

// Makes `node` say `text`. What stays the same of it is not touched, so that a selection in it stays, too.
function say(node, text) {
  text = String(text);
  if (!node.firstChild) node.append("");
  const old = node.firstChild, was = old.data;
  if (was === text) return;
  let start = 0, end = 0;
  const most = Math.min(was.length, text.length);
  while (start < most && was[start] === text[start]) ++start;
  while (end < most - start && was[was.length - 1 - end] === text[text.length - 1 - end]) ++end;
  old.replaceData(start, was.length - start - end, text.slice(start, text.length - end));
}
function attribute(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}
function show(node, visible) {
  if (node.hidden === visible) node.hidden = !visible;
}
function make(tag, name = "", ...inside) {
  const node = document.createElement(tag);
  if (name) node.className = name;
  node.append(...inside);
  return node;
}
function shape(tag, attributes = {}) {
  const node = document.createElementNS(SVG, tag);
  for (const key in attributes) node.setAttribute(key, attributes[key]);
  return node;
}
// Keeps one child of `box` for each item, in their order: `create(item)` makes {root, ...}, `update(it, item)` fills it.
function list(box, items, keyOf, create, update) {
  const known = box.known || (box.known = new Map()), wanted = new Set(items.map(keyOf));
  for (const [key, it] of known) if (!wanted.has(key)) { it.root.remove(); known.delete(key); }
  let next = box.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    if (!known.has(key)) known.set(key, create(item));
    const it = known.get(key);
    update(it, item);
    if (it.root === next) next = next.nextElementSibling;
    else box.insertBefore(it.root, next);
  }
}
// Pairs of a term and a value; `show` gets the values in the order of the terms.
function facts(terms) {
  const values = terms.map(() => make("dd"));
  const root = make("dl", "facts", ...terms.map((term, i) => make("div", "", make("dt", "", term), values[i])));
  return {root, show: texts => texts.forEach((text, i) => say(values[i], text))};
}
// A command and a button that copies it, or selects it where the browser does not let a page copy.
function command(about) {
  const code = make("code"), button = make("button", "", "Copy");
  button.type = "button";
  button.setAttribute("aria-label", "Copy the command for " + about);
  button.addEventListener("click", async () => {
    getSelection().selectAllChildren(code);
    const copied = await navigator.clipboard?.writeText(code.textContent).then(() => true, () => false);
    say(button, copied ? "Copied" : "Selected");
    setTimeout(() => say(button, "Copy"), 2000);
  });
  return {root: make("div", "command", code, button), code};
}

// --- The bar, the title and the icon ---------------------------------------

// The troubles of a source: its state first, because that says what to do, then its other troubles, worst first. [] when
// it delivers.
function problemsOf(source) {
  const found = PROBLEMS.filter(problem => problem.is ? problem.is(source) : problem.key === source.state);
  if (!KNOWN.has(source.state)) found.push({key: source.state, tone: "warn", word: source.state, label: source.state, name: "A-source-does-not-deliver"});
  return found.sort((a, b) => Boolean(a.is) - Boolean(b.is));
}
const toneOf = problems => problems.some(each => each.tone === "bad") ? "bad" : problems.length > 0 ? "warn" : "good";
// Where a source is among all, the worst first.
function rankOf(problems) {
  if (problems.length === 0) return 1000;
  return (toneOf(problems) === "bad" ? 0 : 100) + (PROBLEMS.indexOf(problems[0]) + 100) % 100;
}

// The troubles of the server as a whole.
function notices() {
  const found = [];
  if (!data.ready) found.push({key: "ready", tone: "bad", head: "not ready", text: "Not ready, no events are accepted: " + data.not_ready_reason, see: "nothing-is-accepted"});
  if (data.store && data.store.bytes > FILLING * data.store.max_bytes)
    found.push({key: "queue", tone: "bad", head: "queue filling", text: `The queue is ${Math.floor(100 * data.store.bytes / data.store.max_bytes)} % full. Callers are told to retry when it is full.`, see: "segridqueuefilling"});
  return found;
}

// {tone, head, text} of all: the worst tone, a few words for the title, a sentence.
function judge() {
  const counts = new Map(), server = notices();
  for (const source of data.sources) {
    const problems = problemsOf(source);
    if (problems.length === 0) continue;
    const {key, word} = problems[0], known = counts.get(key) || {word, n: 0, rank: 1000, tone: "warn"};
    counts.set(key, {word, n: known.n + 1, rank: Math.min(known.rank, rankOf(problems)), tone: toneOf(problems) === "bad" ? "bad" : known.tone});
  }
  const words = [...counts.values()].sort((a, b) => a.rank - b.rank).map(({word, n, tone}) => ({tone, text: `${n} ${word}`}));
  const all = [...server.map(notice => ({tone: notice.tone, text: notice.head})), ...words];
  const tone = toneOf(all);
  const total = data.sources.length;
  let text = total === 0 ? "No source is configured" : total === 1 ? "The source delivers" : `All ${total} sources deliver`;
  if (words.length > 0) text = words.map(each => each.text).join(", ") + ` of ${plural(total, "source")}`;
  if (server.length > 0) text = server.map(notice => notice.head).join(", ") + (words.length > 0 ? "; " + text : "");
  return {tone, head: all.length > 0 ? capital(all[0].text) : "OK", text: capital(text)};
}

function drawHead() {
  const now = performance.now(), ago = seconds(now - answeredAt);
  const state = !data ? {tone: stale ? "stale" : "unknown", head: stale ? "No response" : "Loading", text: stale ? "The server does not respond" : "Loading"}
    : stale ? {tone: "stale", head: "No response", text: `No response since ${clock(data.now, true)}; all figures are of that time`} : judge();
  attribute(document.body, "data-tone", state.tone);
  say(id("summary"), state.text);
  say(id("age"), !data ? "" : stale ? `last response ${ago} ago` : `updated ${ago} ago`);
  show(id("hint"), stale);
  const server = data?.servers[0]?.name || location.host;
  const head = `${state.head} \u2013 Segrid on ${server}`;
  if (head + state.tone === shownHead) return;
  shownHead = head + state.tone;
  document.title = head;
  id("icon").href = "data:image/svg+xml," + encodeURIComponent(`<svg xmlns="${SVG}" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="#${ICON[state.tone]}"/>` +
    (state.tone === "good" || state.tone === "unknown" ? '<path d="M4 8.5l3 3 5-7" stroke="white" stroke-width="2" fill="none"/>' : '<path d="M8 3v6M8 11v2" stroke="white" stroke-width="2.4"/>') + "</svg>");
}

function drawServer() {
  const [server] = data.servers;
  say(id("server"), "on " + server.name);
  say(id("version"), `version ${server.version}, ${bytes(server.memory)} of memory`);
  say(id("started"), `up ${span(data.now - server.started)}, since start at ${moment(server.started)}`);
  list(id("notices"), notices(), notice => notice.key, notice => {
    const text = make("span"), link = make("a", "", "What to do");
    link.href = "runbook#" + notice.see;
    return {root: make("li", notice.tone, text, " ", link), text};
  }, (it, notice) => say(it.text, notice.text));
  show(id("notices"), notices().length > 0);
  show(id("servers-section"), data.servers.length > 1);
  list(id("servers"), data.servers, each => each.name, () => {
    const name = make("b"), rest = make("span");
    return {root: make("li", "", name, " ", rest), name, rest};
  }, (it, each) => {
    say(it.name, each.name);
    say(it.rest, `version ${each.version}, since ${moment(each.started)}, owner of ${plural(data.sources.filter(source => source.owner === each.name).length, "source")}`);
  });
}

// --- Now -------------------------------------------------------------------

// [per second, the window that this is of], from the last answers; at first from the last step of the history.
function rate(name) {
  const first = samples[0], last = samples[samples.length - 1], span = last.now - first.now;
  if (span >= POLL_MS / 2) return [Math.max(0, last.totals[name] - first.totals[name]) * 1000 / span, `per second, last ${Math.round(span / 1000)} s`];
  const h = data.history, i = h.tracks.length - 1;
  if (i >= 0) return [(name === "received" ? h.tracks[i] + h.skipped[i] + h.rejected[i] : h[name][i]) / h.step, `per second, last ${h.step} s`];
  const since = data.now - data.servers[0].started;
  return [data.totals[name] * 1000 / Math.max(since, 1000), "per second, since start"];
}

function drawNow() {
  for (const [name, place] of [["received", "in"], ["delivered", "out"]]) {
    const [value, window] = rate(name);
    say(id(place + "-rate"), number(value));
    say(id(place + "-window"), window);
  }
  say(id("pending"), known(total("pending")));
  say(id("pending-bytes"), known(total("pending_bytes"), bytes) + " of JSON");
  const oldest = data.sources.filter(source => source.oldest).sort((a, b) => a.oldest - b.oldest)[0];
  say(id("oldest"), oldest ? span(data.now - oldest.oldest) : DASH);
  say(id("oldest-source"), oldest ? "of " + oldest.name : total("pending") === 0 ? "nothing is pending" : "unknown");
  id("oldest-tile").classList.toggle("bad", Boolean(oldest) && data.now - oldest.oldest > LATE_MS);
  const dead = total("dead_letters");
  say(id("dead"), known(dead));
  show(id("dead-link"), dead > 0);
  show(id("dead-none"), !(dead > 0));
  say(id("dead-none"), dead === 0 ? "none is kept" : "unknown");
  id("dead-tile").classList.toggle("warn", dead > 0);
  const part = data.store && data.store.max_bytes > 0 ? data.store.bytes / data.store.max_bytes : null;
  say(id("queue"), part === null ? DASH : part > 0 && part < 0.001 ? "< 0.1 %" : (100 * part).toFixed(part < 0.1 ? 1 : 0) + " %");
  say(id("queue-bytes"), part === null ? "unknown" : `${bytes(data.store.bytes)} of ${bytes(data.store.max_bytes)}`);
  id("queue-tile").classList.toggle("bad", part !== null && part > FILLING);
}

// --- History ---------------------------------------------------------------

// The least of 1, 2, 5 times a power of ten that is `value` or more.
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 0.01)));
  return [1, 2, 5, 10].map(each => each * power).find(each => each >= value * 0.999999);
}

// A chart in `box` of columns of the history: those of `areas` are stacked; `more` are in the legend alone.
// Each is [column, name]. The pointer or the arrow keys choose a step, whose figures the legend then has.
function chart(box, {title, unit, areas, more}) {
  const y = ["", "", ""].map(() => make("span")), from = make("span"), window = make("span"), mark = shape("line", {class: "mark", y1: 0, y2: 100, "vector-effect": "non-scaling-stroke", visibility: "hidden"});
  const svg = shape("svg", {preserveAspectRatio: "none", "aria-hidden": "true"});
  const paths = areas.map(([column]) => shape("path", {class: "area " + column}));
  svg.append(...[0, 50].map(at => shape("line", {class: "grid", x1: 0, x2: 360, y1: at, y2: at, "vector-effect": "non-scaling-stroke"})), ...paths, mark);
  const plot = make("div", "plot", make("div", "y", ...y), svg, make("div", "x", from, make("span", "", "now")));
  plot.tabIndex = 0;
  plot.setAttribute("role", "img");
  const when = make("li", "when"), values = [...areas, ...more].map(() => make("span"));
  const legend = make("ul", "legend", when, ...[...areas, ...more].map(([column, name], i) => {
    const key = shape("svg", {viewBox: "0 0 10 10", "aria-hidden": "true"});
    key.append(shape("rect", {width: 10, height: 10, rx: 3, class: column}));
    return make("li", "", ...(i < areas.length ? [key] : []), values[i], " " + name);
  }));
  box.append(make("figcaption", "", make("b", "", `${title}, ${unit}`), window), plot, legend);
  let chosen = null;            // Steps before now, 1 for the last.

  function drawLegend() {
    const h = data.history, n = h.tracks.length, i = chosen === null ? -1 : n - chosen;
    const young = n < size(n);  // Then the totals since the start, to the last second.
    const at = i < 0 ? null : data.now - (n - 1 - i) * h.step * 1000;
    say(when, at === null ? (young ? "since start, in all:" : `last ${size(n) * h.step / 60} min, in all:`) : `${clock(at - h.step * 1000, true)} to ${clock(at, true)}:`);
    const sums = [...areas, ...more].map(([column]) => i >= 0 ? h[column][i] : young ? data.totals[column] : h[column].slice(-size(n)).reduce((sum, each) => sum + each, 0));
    const all = sums.slice(0, areas.length).reduce((sum, each) => sum + each, 0);
    sums.forEach((sum, j) => say(values[j], number(sum) + (areas.length > 1 && j < areas.length && all > 0 ? ` (${percent(sum / all)})` : "")));
    mark.setAttribute("visibility", i < 0 ? "hidden" : "visible");
    const x = String(size(n) - chosen + 0.5);
    attribute(mark, "x1", x);
    attribute(mark, "x2", x);
  }
  function choose(steps) {
    const n = data ? data.history.tracks.length : 0;
    chosen = steps === null || n === 0 ? null : Math.min(Math.max(Math.round(steps), 1), n);
    if (data) drawLegend();
  }
  plot.addEventListener("pointermove", event => {
    const place = svg.getBoundingClientRect(), n = data.history.tracks.length;
    choose((place.right - event.clientX) / place.width * size(n) + 0.5);
  });
  plot.addEventListener("pointerleave", () => choose(null));
  plot.addEventListener("blur", () => choose(null));
  plot.addEventListener("keydown", event => {
    const by = {ArrowLeft: 1, ArrowRight: -1}[event.key];
    if (event.key === "Escape") choose(null);
    if (!by) return;
    event.preventDefault();
    choose((chosen || (by > 0 ? 0 : 2)) + by);
  });

  return () => {
    const h = data.history, n = h.tracks.length, shown = size(n), first = Math.max(0, n - shown);
    const sums = h.tracks.slice(first).map(() => 0), x = i => shown - sums.length + i;
    const stacks = areas.map(([column]) => {
      const floor = [...sums];
      h[column].slice(first).forEach((value, i) => { sums[i] += value; });
      return [floor, [...sums]];
    });
    const most = Math.max(0, ...sums) / h.step, top = most > 0 ? roundUp(most) : 1;
    const height = value => (100 - 100 * value / h.step / top).toFixed(2);
    attribute(svg, "viewBox", `0 0 ${shown} 100`);
    stacks.forEach(([floor, ceiling], j) => {
      const up = ceiling.map((value, i) => `${x(i)} ${height(value)}L${x(i + 1)} ${height(value)}`);
      const down = floor.map((value, i) => `${x(i + 1)} ${height(value)}L${x(i)} ${height(value)}`).reverse();
      attribute(paths[j], "d", up.length > 0 && ceiling.some((value, i) => value > floor[i]) ? `M${up.join("L")}L${down.join("L")}Z` : "");
    });
    [top, top / 2, 0].forEach((value, i) => say(y[i], number(value) + (value > 0 ? "/s" : "")));
    const minutes = shown * h.step / 60;
    say(from, `${minutes} min ago`);
    say(window, `last ${minutes} min in steps of ${h.step} s` + (n < shown ? `; since start at ${moment(data.servers[0].started)}` : ""));
    attribute(plot, "aria-label", `${title}, ${unit}, over the last ${minutes} minutes: at most ${number(most)}, in the last step ${number((sums[sums.length - 1] || 0) / h.step)}. The arrow keys choose a step.`);
    drawLegend();
  };
}
// The steps that the chart has room for: a young server is shown larger.
const size = n => [30, 90, 180].find(each => n <= each) || 360;
const percent = part => part > 0 && part < 0.001 ? "< 0.1 %" : (100 * part).toFixed(part > 0 && part < 0.1 ? 1 : 0) + " %";

const charts = [
  chart(id("events"), {title: "Events received", unit: "per second", more: [],
    areas: [["tracks", "became messages"], ["skipped", "skipped"], ["rejected", "rejected"]]}),
  chart(id("deliveries"), {title: "Messages delivered", unit: "per second",
    areas: [["delivered", "delivered"]], more: [["failed_attempts", "requests failed"]]}),
];

// --- Sources ---------------------------------------------------------------

function makeSource(source) {
  const name = make("h3"), state = make("span", "pill"), late = make("span", "pill bad"), to = make("div", "to"), since = make("div", "state");
  const detail = make("div"), next = make("div"), answer = make("div"), link = make("a"), act = command(source.name);
  const why = make("div", "why", detail, next, answer, make("div", "", link), act.root);
  const now = facts(["Pending", "Oldest", "Delivered", "Size", "p50", "p99"]);
  const ledger = facts(["Accepted", "Delivered", "Pending", "Dead", "Expired", "Purged", "Duplicates"]);
  const requests = facts(["Requests", "Failed", "In flight"]);
  const more = make("details", "", make("summary", "", "Ledger and requests"), make("p", "none", "since the queue was created"), ledger.root,
    make("p", "none", "requests, since start"), requests.root);
  const root = make("article", "card source", make("header", "", make("div", "who", name, state, late), since, to), why, now.root, more);
  return {root, name, state, late, to, since, why, detail, next, answer, link, act, now, ledger, requests};
}

function updateSource(it, source) {
  const problems = problemsOf(source), [worst] = problems, tone = toneOf(problems);
  const ofState = problems.find(each => !each.is), others = problems.filter(each => each.is);
  attribute(it.root, "data-tone", tone);
  attribute(it.root, "data-state", source.state);
  it.root.classList.toggle("needs", problems.length > 0);
  say(it.name, source.label ? `${source.label} (${source.name})` : source.name);
  attribute(it.state, "class", "pill " + (ofState ? ofState.tone : "good"));
  say(it.state, ofState ? ofState.label : source.state);
  show(it.late, others.length > 0);
  say(it.late, others.map(each => each.label).join(", "));
  say(it.to, source.endpoint || "");
  const owner = data.servers.length > 1 && source.owner ? `, owner ${source.owner}` : "";
  say(it.since, (source.since ? `since ${moment(source.since)} (${span(data.now - source.since)})` : "since an unknown time") + owner);
  show(it.why, problems.length > 0 || Boolean(source.detail));
  attribute(it.why, "class", "why " + (worst ? tone : "good"));
  say(it.detail, source.detail || (others.length > 0 ? `The oldest message has been pending for ${span(data.now - source.oldest)}.` : ""));
  show(it.next, Boolean(source.next_attempt));
  say(it.next, source.next_attempt ? `Next attempt in ${seconds(source.next_attempt - data.now)}.` : "");
  const answer = problems.length > 0 ? source.last_answer : "";
  show(it.answer, Boolean(answer));
  say(it.answer, answer ? "Last response: " + answer : "");
  show(it.link.parentNode, Boolean(worst));
  if (worst) {
    attribute(it.link, "href", "runbook#" + worst.name.toLowerCase());
    say(it.link, "What to do about " + worst.name);
  }
  show(it.act.root, Boolean(worst?.command));
  say(it.act.code, worst?.command ? `${worst.command} ${source.name.startsWith("-") ? "-- " : ""}${quoted(source.name)}` : "");
  it.now.show([known(source.pending), source.oldest ? span(data.now - source.oldest) : DASH, known(source.delivered), known(source.pending_bytes, bytes),
    ...["latency_p50", "latency_p99"].map(name => source.latency_count ? span(1000 * source[name]) : DASH)]);
  it.ledger.show(["accepted", "delivered", "pending", "dead", "expired", "purged", "duplicates"].map(name => known(source[name])));
  it.requests.show(["attempts", "failed_attempts", "in_flight"].map(name => number(source[name])));
}

function drawSources() {
  const ranked = data.sources.map(source => [rankOf(problemsOf(source)), source]).sort((a, b) => a[0] - b[0] || a[1].name.localeCompare(b[1].name, "en", {numeric: true}));
  list(id("sources"), ranked.map(([, source]) => source), source => source.name, makeSource, updateSource);
  const bad = ranked.filter(([rank]) => rank < 1000).length;
  document.body.classList.toggle("many", ranked.length > 12);
  say(id("only-bad-text"), `Only those that need attention (${bad})`);
  filter();
}

function filter() {
  if (!data) return;
  const words = id("filter").value.toLowerCase().split(/\s+/).filter(Boolean), onlyBad = id("only-bad").checked;
  let shown = 0;
  for (const source of data.sources) {
    const problems = problemsOf(source), text = [source.name, source.label, source.endpoint, source.state, ...problems.map(each => each.label)].join(" ").toLowerCase();
    const visible = words.every(word => text.includes(word)) && (!onlyBad || problems.length > 0);
    show(id("sources").known.get(source.name).root, visible);
    shown += visible ? 1 : 0;
  }
  const all = data.sources.length;
  say(id("sources-title"), shown === all ? `Sources (${all})` : `Sources (${shown} of ${all})`);
  show(id("no-sources"), shown === 0);
  say(id("no-sources"), all === 0 ? "No source is configured." : onlyBad && words.length === 0 ? "None needs attention." : "No source fits the filter.");
}

// --- Dead letters ----------------------------------------------------------

function drawLetters() {
  const groups = data.dead_letters;
  show(id("some-letters"), groups.length > 0);
  show(id("no-letters"), groups.length === 0);
  say(id("no-letters"), Number.isNaN(total("dead_letters")) ? "Unknown: the queue does not respond." : "None. Every message was delivered, or still can be.");
  say(id("letters-note"), data.dead_letter_groups > groups.length ? `The ${groups.length} largest of ${data.dead_letter_groups} pairs of source and reason.` : "");
  list(id("letters"), groups, group => JSON.stringify([group.source, group.reason]), group => {
    const act = command(`${group.source}, ${group.reason}`), link = make("a", "", group.reason);
    link.href = "runbook#" + encodeURIComponent(group.reason.toLowerCase());
    say(act.code, `segrid dead-letters list ${option("--source", group.source)} ${option("--reason", group.reason)}`);
    const count = make("td", "number"), newest = make("td");
    const root = make("tr", "", make("td", "", group.source), make("td", "", link), count, newest, make("td", "", act.root));
    root.setAttribute("role", "row");
    for (const cell of root.cells) cell.setAttribute("role", "cell");
    return {root, count, newest};
  }, (it, group) => {
    say(it.count, number(group.count));
    say(it.newest, group.newest ? `${span(Math.max(1000, data.now - group.newest))} ago${group.answer ? ", " + group.answer : ""}` : DASH);
  });
}

// --- Polling ---------------------------------------------------------------

function draw() {
  show(id("main"), true);
  drawHead();
  drawServer();
  drawNow();
  charts.forEach(each => each());
  drawSources();
  drawLetters();
}

async function load() {
  try {
    const response = await fetch("status.json", {cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS)});
    return response.ok ? await response.json() : null;
  } catch (error) {
    return null;                // No response in time, or not a whole one.
  }
}

async function refresh() {
  const loaded = await load();
  stale = loaded === null;
  if (loaded !== null) {
    if (data && data.servers[0].started !== loaded.servers[0].started) samples = [];
    data = loaded;
    answeredAt = performance.now();
    samples.push(data);
    while (samples.length > 1 && data.now - samples[1].now >= RATE_MS) samples.shift();
  }
  setTimeout(refresh, document.hidden ? HIDDEN_POLL_MS : POLL_MS);
  if (loaded !== null) draw();
  drawHead();
  document.body.dataset.drawn = String(Number(document.body.dataset.drawn || 0) + 1);
}

id("filter").addEventListener("input", filter);
id("only-bad").addEventListener("change", filter);
setInterval(drawHead, 1000);
drawHead();
refresh();
