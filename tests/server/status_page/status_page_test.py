"""The status page of a real server, whose sources are in every state; in headless Chromium, which shows it while it changes.

    status_page_test.py --server <segrid-server> --segrid <segrid> --source-dir <dir> --shots <folder for pictures>
"""

import argparse
import copy
import json
import pathlib
import re
import signal
import sys
import unittest

from browser import CHROMIUM, Browser
from page_world import CANARY, World, events

STATES = {"good": "running", "slow": "running", "picky": "running", "flaky": "backing_off", "limited": "rate_limited",
          "refused": "misconfigured", "aged": "misconfigured", "stopped": "paused", "gone": "orphaned"}


class StatusPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World(OPTIONS.server, OPTIONS.segrid)
        cls.addClassCleanup(cls.world.close)
        cls.feed = cls.world.fill()
        cls.address = f"http://127.0.0.1:{cls.world.program.ports['admin']}/"

    def ask(self, path, door="admin"):
        status, body, headers = self.world.program.ask(door, path)
        return status, body.decode(), headers

    def test_is_made_of_files_that_need_nothing_from_elsewhere(self):
        folder = pathlib.Path(OPTIONS.source_dir) / "server/status_page"
        for path, name, kind in (("/", "page.html", "text/html"), ("/page.css", "page.css", "text/css"),
                                 ("/page.js", "page.js", "text/javascript"), ("/runbook", None, "text/html")):
            status, text, headers = self.ask(path)
            self.assertEqual(status, 200)
            self.assertEqual(headers["Content-Type"], kind + "; charset=utf-8")
            policy = headers["Content-Security-Policy"]
            self.assertIn("default-src 'none'", policy)
            self.assertNotIn("unsafe", policy)
            if name is not None:
                self.assertEqual(text, (folder / name).read_text())
            if kind == "text/html":
                self.assertIn('name="viewport"', text)
                self.assertEqual(re.findall(r'<script(?! src="page.js" defer></script>)|<style|\s(?:on\w+|style)=', text), [])
                links = set(re.findall(r'(?:src|href)="([^"#]+)', text))
                self.assertLessEqual(links, {"data:,", "page.css", "page.js", "metrics", "runbook", "./"})
        self.assertIn("prefers-color-scheme: dark", self.ask("/page.css")[1])
        for path in ("/", "/metrics", "/status.json", "/runbook", "/page.js"):
            self.assertEqual(self.ask(path, "http")[0], 404, path)

    def test_has_an_anchor_in_the_runbook_for_each_state_reason_and_alert(self):
        root, page = pathlib.Path(OPTIONS.source_dir), self.ask("/runbook")[1]
        names = set(re.findall(r"- alert: (\w+)", (root / "server/deploy/alerts.yaml").read_text()))
        self.assertGreater(len(names), 10)
        names |= {"running", *STATES.values(), "BAD_MESSAGE", "TOO_LARGE", "EXPIRED", "REDIRECTED", "REFUSED"}
        for name in names:
            self.assertEqual(page.count(f'id="{name.lower()}"'), 1, name)
        headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", (root / "docs/runbook.md").read_text(), flags=re.M | re.S), re.M)
        self.assertEqual(len(re.findall(r"<h[1-6] id=", page)), len(headings))
        for target in re.findall(r'href="#([^"]+)"', page):
            self.assertIn(f'id="{target}"', page)
        # Nothing of the Markdown is left, and links to other documents became their places.
        self.assertEqual(re.findall(r"\]\(|\*\*|^\|", re.sub(r"<(pre|code)>.*?</\1>", "", page, flags=re.S), re.M), [])
        self.assertIn("(/usr/share/doc/segrid-server/docs/metrics.md)", page)

    def test_tells_everything_but_what_was_sent(self):
        feed = copy.deepcopy(self.feed)
        self.assertTrue(feed["ready"])
        # Once each, though there are nine sources.
        totals = [feed["totals"][name] for name in ("received", "tracks", "skipped", "rejected")]
        self.assertEqual(totals, [50, 40, 8, 2])
        history = feed["history"]
        self.assertEqual([sum(history[name]) for name in ("tracks", "skipped", "rejected")], totals[1:])
        sources = {source["name"]: source for source in feed["sources"]}
        self.assertEqual({name: source["state"] for name, source in sources.items()}, STATES)
        for name, source in sources.items():
            self.assertEqual(source["accepted"], sum(source[each] for each in ("delivered", "pending", "dead", "expired", "purged")), name)
            self.assertEqual(source.get("owner"), None if name == "gone" else feed["servers"][0]["name"])
            if name != "gone":
                self.assertLessEqual(feed["servers"][0]["started"], source["since"] + 1000)
                self.assertLessEqual(source["since"], feed["now"])
        self.assertGreater(sources["good"]["latency_p99"], 0)
        self.assertEqual(sources["good"]["label"], "Caf\u00e9 <img src=x onerror='document.title=1'>")
        self.assertIn("HTTP 401", sources["refused"]["detail"])
        # The receiver's own words, which may repeat an event, so that somebody can see what it wants.
        self.assertEqual(sources["refused"]["last_answer"], f"HTTP 401: no {CANARY} \u00e4\u20ac")
        groups = {(group["source"], group["reason"]): (group["count"], group["answer"]) for group in feed["dead_letters"]}
        self.assertEqual(groups, {("picky", "BAD_MESSAGE"): (4, "HTTP 400"), ("picky", "TOO_LARGE"): (4, "HTTP 413"),
                                  ("aged", "EXPIRED"): (40, groups["aged", "EXPIRED"][1])})
        for source in feed["sources"]:
            source.pop("last_answer")
        metrics = self.ask("/metrics")[1]
        self.assertIn('segrid_source_state{source="refused",state="misconfigured"} 1', metrics)
        for text in (json.dumps(feed), metrics, self.world.program.log):
            self.assertNotIn("canary", text)
            self.assertNotIn("secret", text)

    def test_gives_a_command_that_lists_the_dead_letters(self):
        for group in self.feed["dead_letters"]:
            said = self.world.run("dead-letters", "list", "--source", group["source"], "--reason", group["reason"], "--json", "--limit", "0")
            self.assertEqual(len(said.splitlines()), group["count"])

    @unittest.skipIf(CHROMIUM is None, "no Chromium")
    def test_shows_what_happens_and_disturbs_nobody(self):
        browser = Browser()
        self.addCleanup(browser.close)
        browser.look(1440)
        browser.open(self.address)
        browser.wait_until("document.body.dataset.drawn >= 1")
        cards = browser.run("Object.fromEntries([...document.querySelectorAll('.source')].map("
                            "each => [each.querySelector('h3').textContent, each.dataset.state]))")
        named = {name if name != "good" else "Caf\u00e9 <img src=x onerror='document.title=1'> (good)": state for name, state in STATES.items()}
        self.assertEqual(cards, named)
        self.assertRegex(browser.run("document.title"), r"^2 held \u2013 Segrid on ")
        self.assertEqual(browser.run("document.body.dataset.tone"), "bad")
        self.assertEqual(browser.run("document.getElementById('summary').textContent"),
                         "2 held, 1 orphaned, 1 backing off, 1 rate limited, 1 paused of 9 sources")
        browser.shoot(pathlib.Path(OPTIONS.shots) / "real-1440-light.png")

        # A person reads: text is selected, a ledger is open, the filter has the focus and a word.
        browser.run("""(() => {
          window.card = [...document.querySelectorAll('.source')].find(each => each.querySelector('h3').textContent === 'refused');
          window.nodes = [...document.querySelectorAll('body *')];
          card.querySelector('details').open = true;
          document.getElementById('filter').focus();
          getSelection().setBaseAndExtent(card.querySelector('h3').firstChild, 0, card.querySelector('.why').lastElementChild, 0);
          window.said = [];
          const summary = document.getElementById('summary');
          new MutationObserver(() => { said.push(summary.textContent); })
            .observe(summary, {childList: true, characterData: true, subtree: true});
        })()""")
        selected = "getSelection().toString().replace(/Next attempt[^\\n]*|\\d+ (s|min)/g, '')"
        before, drawn = browser.run(selected), browser.run("Number(document.body.dataset.drawn)")
        self.assertIn("HTTP 401", before)
        accepted = "[...card.querySelectorAll('details dd')][0].textContent"
        self.assertEqual(browser.run(accepted), "40")
        self.world.post(events(10, start=100))
        browser.wait_until(f"document.body.dataset.drawn >= {drawn + 2} && {accepted} === '50'")
        self.assertEqual(browser.run(selected), before)
        self.assertEqual(browser.run("[nodes.every(each => each.isConnected), card.querySelector('details').open, document.activeElement.id, said]"),
                         [True, True, "filter", []])
        self.assertTrue(browser.run("document.querySelector('#events path.tracks').getAttribute('d')").startswith("M"))
        self.assertTrue(browser.run("document.querySelector('#deliveries path.delivered').getAttribute('d')").startswith("M"))

        # The server hangs, then goes on.
        process = self.world.program.process
        process.send_signal(signal.SIGSTOP)
        try:
            browser.wait_until("document.body.dataset.tone === 'stale'")
            self.assertRegex(browser.run("document.title"), r"^No response \u2013 Segrid on ")
            self.assertRegex(browser.run("document.getElementById('summary').textContent"), r"^No response since \d\d:\d\d:\d\d; ")
            self.assertRegex(browser.run("document.getElementById('age').textContent"), r"^last response [1-9]\d* s ago$")
            browser.shoot(pathlib.Path(OPTIONS.shots) / "real-stale-1440-light.png")
        finally:
            process.send_signal(signal.SIGCONT)
        browser.wait_until("document.body.dataset.tone === 'bad' && document.title.startsWith('2 held')")
        self.assertRegex(browser.run("document.getElementById('age').textContent"), r"^updated \d s ago$")
        self.assertEqual(browser.problems, [])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for option in ("--server", "--segrid", "--source-dir", "--shots"):
        parser.add_argument(option, required=True)
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])
