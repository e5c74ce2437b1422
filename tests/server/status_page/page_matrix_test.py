"""The status page in headless Chromium: every state, three widths, light and dark, 1, 3 and 40 sources. A picture of each is
left below the folder of pictures. The figures are those of a real server, in other numbers; what they are made of is proved
to have the real shape. By default a part of the matrix; SEGRID_PAGE_MATRIX=full is all of it.

    page_matrix_test.py --server <segrid-server> --segrid <segrid> --shots <folder for pictures>
"""

import argparse
import itertools
import json
import os
import pathlib
import subprocess
import sys
import unittest

from browser import CHROMIUM, TAB, Browser
from page_world import Feeds, Replay, World, shape

WIDTHS, SCHEMES, COUNTS = (360, 768, 1440), ("light", "dark"), (1, 3, 40)
FULL = os.environ.get("SEGRID_PAGE_MATRIX") == "full"
LEAST_CONTRAST = 4.5
CHECKS = (pathlib.Path(__file__).parent / "page_checks.js").read_text()
HOSTILE = ["<img src=x onerror=alert(1)>", "a'b\"c; rm -rf $HOME", "-x --all", "\u202egnp.exe", "</script><script>alert(1)</script>",
           "a\nb", "__proto__", "%2e%2e/&lt;"]


def matrix():
    """(state, sources, widths and schemes to look at): in the cut one, each value of each is there, and each pair of state and
    scheme."""
    for number, (state, count) in enumerate(itertools.product(Feeds.STATES, COUNTS)):
        looks = list(itertools.product(WIDTHS, SCHEMES))
        if not FULL:
            looks = [(WIDTHS[number % 3], SCHEMES[number % 2]), (WIDTHS[(number + 1) % 3], SCHEMES[(number + 1) % 2])]
            if count == 1 and state not in ("idle", "held"):
                continue
        yield state, count, looks


class Matrix(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World(OPTIONS.server, OPTIONS.segrid)
        cls.addClassCleanup(cls.world.close)
        cls.real = cls.world.fill()
        cls.feeds = Feeds(cls.real)
        cls.replay = Replay(cls.world.program)
        cls.addClassCleanup(cls.replay.close)
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        self.browser.problems.clear()
        self.browser.requests.clear()

    def show(self, feed, width=1440, scheme="light"):
        self.replay.feed = feed
        self.browser.look(width, scheme)
        self.browser.open(self.replay.address)
        self.browser.run(CHECKS)
        self.browser.wait_until("document.body.dataset.drawn >= 1")

    def again(self, feed):
        """The next response is `feed`; None: there is none."""
        self.replay.feed = feed
        self.browser.run("refresh()")

    def texts(self, selector):
        return self.browser.run(f"[...document.querySelectorAll({json.dumps(selector)})].map(each => each.textContent)")

    def dress(self, style):
        """Adds a style sheet to the page, or removes it."""
        self.browser.run("(() => { const sheet = new CSSStyleSheet(); sheet.replaceSync(%s); document.adoptedStyleSheets = [sheet]; })()"
                         % json.dumps(style))

    def well(self, context):
        for check in (f"contrast({LEAST_CONTRAST})", "overflow()", "overlaps()", "structure()", "moving()"):
            self.assertEqual(self.browser.run("checks." + check), [], f"{check}: {context}")
        self.assertEqual(self.browser.problems, [], context)

    def test_replays_what_has_the_shape_of_a_real_response(self):
        self.assertEqual(shape(self.world.status()), shape(self.real))
        whole = shape(self.real)
        (source,), (letter,) = whole["sources"], whole["dead_letters"]
        for state, count in itertools.product(Feeds.STATES, COUNTS):
            made = shape(self.feeds.make(state, count))
            # An array of one kind of source lacks the members that others have; that none is invented is the point.
            for mine, theirs in ((made.pop("sources")[0], source), (made.pop("dead_letters")[0], letter)):
                self.assertLessEqual(mine.items(), theirs.items(), state)
            rest = {key: value for key, value in whole.items() if key not in ("sources", "dead_letters")}
            self.assertEqual(made, rest, state)

    def test_is_legible_and_fits_in_every_state(self):
        pictures = 0
        for state, count, looks in matrix():
            self.show(self.feeds.make(state, count))
            if state == "stale":
                self.again(None)
            for width, scheme in looks:
                self.browser.look(width, scheme)
                name = f"{state.replace(' ', '-')}-{count}-{width}-{scheme}"
                self.well(name)
                self.browser.shoot(pathlib.Path(OPTIONS.shots) / f"{name}.png")
                pictures += 1
            tone = self.browser.run("document.body.dataset.tone")
            self.assertEqual(tone, {"idle": "good", "delivering": "good", "dead letters": "good", "held": "bad", "not ready": "bad",
                                    "stale": "stale"}.get(state, "warn"), state)
        print(f"figure: {pictures} pictures of the status page")

    def test_colours_the_title_by_the_worst_state_and_its_number(self):
        heads = {"idle": "OK", "delivering": "OK", "failing": "2 backing off", "held": "2 held", "orphaned": "2 orphaned",
                 "paused": "2 paused", "dead letters": "OK", "not ready": "Not ready"}
        icons = set()
        for state, head in heads.items():
            self.show(self.feeds.make(state, 3))
            self.assertEqual(self.browser.run("document.title"), f"{head} \u2013 Segrid on mail-events-1", state)
            icons.add(self.browser.run("document.getElementById('icon').href"))
        self.again(None)
        self.assertEqual(self.browser.run("document.title"), "No response \u2013 Segrid on mail-events-1")
        icons.add(self.browser.run("document.getElementById('icon').href"))
        self.assertEqual(len(icons), 4)  # Green, amber, red, grey.

    def test_tells_a_state_that_can_wait_from_one_that_cannot(self):
        feed = self.feeds.make("paused", 3)
        # One is paused and late: it is red, and comes first, though it is counted by its state.
        feed["sources"][1]["oldest"] = feed["now"] - 16 * 60_000
        self.show(feed)
        self.assertEqual(self.browser.run("[document.body.dataset.tone, document.title.split(' –')[0]]"), ["bad", "2 paused"])
        self.assertEqual(self.browser.run("[...document.querySelectorAll('.source')].map(each => each.dataset.tone)"), ["bad", "warn", "good"])
        self.assertEqual(self.texts(".source h3")[:2], ["eu-marketing", "Production, all brands (default)"])
        self.assertEqual(self.texts(".source .who > :not([hidden])")[:3], ["eu-marketing", "paused", "late"])
        # A running one whose queue nobody takes from is late, too; one of a state that the page does not know is amber.
        feed = self.feeds.make("idle", 3)
        feed["sources"][0]["oldest"] = feed["now"] - 16 * 60_000
        self.show(feed)
        self.assertEqual(self.browser.run("document.getElementById('summary').textContent"), "1 late of 3 sources")
        feed = self.feeds.make("idle", 3)
        feed["sources"][0]["state"] = "resting"
        self.show(feed)
        self.assertEqual(self.browser.run("[document.body.dataset.tone, document.getElementById('summary').textContent]"),
                         ["warn", "1 resting of 3 sources"])

    def test_says_of_nothing_that_it_is_zero_when_it_is_unknown(self):
        feed = self.feeds.make("idle", 3)
        for name in ("accepted", "delivered", "pending", "dead", "expired", "purged", "duplicates", "dead_letters", "pending_bytes"):
            del feed["sources"][1][name]
        del feed["store"]
        self.show(feed)
        self.assertEqual(self.texts(".tile dd:first-of-type")[2:], ["\u2013"] * 4)
        self.assertEqual(self.texts(".tile .sub")[3], "unknown")
        self.assertEqual(self.texts(".source:nth-child(2) > .facts dd")[:4], ["\u2013"] * 4)
        self.assertEqual(self.texts("#no-letters"), ["Unknown: the queue does not respond."])
        self.assertEqual(self.browser.problems, [])

    def test_notices_each_fault_that_the_checks_are_for(self):
        self.show(self.feeds.make("dead letters", 3), 360)
        faults = [("contrast(4.5)", ".sub { color: #999 !important }"), ("contrast(4.5)", "main { opacity: .6 }"),
                  ("contrast(4.5)", "input::placeholder { color: #aaa !important }"),
                  ("overflow()", "#letters code { white-space: nowrap !important; overflow-wrap: normal !important }"),
                  ("overflow()", ".tile dd { font-size: 60px !important }"),
                  ("overflow()", ".plot svg { overflow: visible !important } .plot .grid { transform: scaleX(3) }"),
                  ("overlaps()", ".tile dt { margin-bottom: -24px }"), ("moving()", ".bar { transition: color 1s }")]
        for check, style in faults:
            self.assertEqual(self.browser.run("checks." + check), [], check)
            self.dress(style)
            self.assertNotEqual(self.browser.run("checks." + check), [], style)
            self.dress("")
        self.browser.run("document.querySelector('.bar').setAttribute('onclick', 'x'); document.getElementById('age').setAttribute('role', 'alert')")
        self.assertEqual(len(self.browser.run("checks.structure()")), 2)
        self.dress(":focus { outline: none !important }")
        self.browser.press(TAB)
        self.assertEqual(self.browser.run("checks.focus().problem"), "has no ring")
        self.dress("")

    def test_copies_a_command_or_selects_it(self):
        self.show(self.feeds.make("dead letters", 3))
        button = "document.querySelector('#letters button')"
        self.browser.run(f"{button}.click()")
        self.browser.wait_until(f"{button}.textContent !== 'Copy'")
        self.assertRegex(self.browser.run("getSelection().toString()"), r"^segrid dead-letters list --source default --reason [A-Z_]+$")
        self.browser.wait_until(f"{button}.textContent === 'Copy'")

    def test_puts_the_worst_first_and_filters(self):
        feed = self.feeds.make("held", 40)
        self.show(feed)
        cards = "[...document.querySelectorAll('.source')].filter(each => !each.hidden)"
        states = self.browser.run(f"{cards}.map(each => each.dataset.state)")
        self.assertEqual(states, ["misconfigured"] * 6 + ["running"] * 34)
        self.browser.run("document.getElementById('filter').focus()")
        self.browser.call("Input.insertText", text="MISCONF eu")
        self.assertEqual(self.browser.run(f"{cards}.map(each => each.querySelector('h3').textContent)"), ["eu-marketing"])
        self.assertEqual(self.browser.run("document.getElementById('sources-title').textContent"), "Sources (1 of 40)")
        self.again(feed)
        self.assertEqual(self.browser.run(f"{cards}.length"), 1)
        self.browser.run("document.getElementById('filter').value = 'no such'; filter()")
        self.assertEqual(self.browser.run("document.getElementById('no-sources').textContent"), "No source fits the filter.")
        self.browser.run("document.getElementById('filter').value = ''; document.getElementById('only-bad').click()")
        self.assertEqual(self.browser.run(f"{cards}.length"), 6)

    def test_counts_each_event_once(self):
        feed = self.feeds.make("delivering", 3)
        history, totals = feed["history"], feed["totals"]
        self.show(feed)
        legend = self.texts("#events .legend span")
        shown = [float(text.split()[0].replace(",", "")) for text in legend]
        sums = [sum(history[name]) / 10 ** (6 if " M" in text else 3 if " k" in text else 0)
                for name, text in zip(("tracks", "skipped", "rejected"), legend)]
        for mine, theirs in zip(shown, sums):
            self.assertAlmostEqual(mine, theirs, delta=0.06)
        # Ten seconds later 3,000 events came, which gave 9,000 messages for three sources.
        later = json.loads(json.dumps(feed))
        later["now"] += 10_000
        for name, more in (("received", 3000), ("tracks", 3000), ("delivered", 9000)):
            later["totals"][name] = totals[name] + more
        self.again(later)
        self.assertEqual(self.browser.run("['in-rate', 'in-window', 'out-rate'].map(name => document.getElementById(name).textContent)"),
                         ["300", "per second, last 10 s", "900"])

    def test_escapes_hostile_names_and_quotes_them_for_the_shell(self):
        feed = self.feeds.make("dead letters", 3)
        pattern, letter = feed["sources"][0], feed["dead_letters"][0]
        feed["sources"] = [pattern | {"name": name, "label": name, "endpoint": name, "detail": name, "last_answer": name,
                                      "state": "paused"} for name in HOSTILE]
        feed["dead_letters"] = [letter | {"source": name, "reason": name} for name in HOSTILE]
        feed["servers"][0]["name"] = HOSTILE[0]
        self.show(feed, 360)
        self.well("hostile names")
        self.assertEqual(self.browser.run("document.querySelectorAll('img, .source script').length"), 0)
        self.assertEqual(self.texts("#letters td:first-child"), HOSTILE)
        commands = self.texts("#letters code")
        for name, command in zip(HOSTILE, commands, strict=True):
            # `segrid` is a function here, and what it gets is printed with NUL bytes in between.
            said = subprocess.run(["sh", "-c", "segrid() { printf '%s\\0' \"$@\"; }\n" + command], capture_output=True, text=True,
                                  check=True).stdout.split("\0")[:-1]
            words = [f"--source={name}", f"--reason={name}"] if name.startswith("-") else ["--source", name, "--reason", name]
            self.assertEqual(said, ["dead-letters", "list", *words])

    def test_is_reachable_by_the_keyboard(self):
        for state, width, scheme in (("dead letters", 1440, "light"), ("held", 360, "dark")):
            self.show(self.feeds.make(state, 3), width, scheme)
            wanted = self.browser.run("checks.reachable()")
            reached = []
            for _ in range(len(wanted)):
                self.browser.press(TAB)
                focus = self.browser.run("checks.focus()")
                self.assertEqual(focus["problem"], "", focus["name"])
                reached.append(focus["index"])
            self.assertEqual(reached, wanted, state)  # In the order of the page, none twice.
        nodes = self.browser.call("Accessibility.getFullAXTree")["nodes"]
        nameless = [node["role"]["value"] for node in nodes
                    if any(each["name"] == "focusable" and each["value"]["value"] for each in node.get("properties", []))
                    and not node.get("name", {}).get("value")]
        self.assertEqual(nameless, [])

    def test_lets_the_arrow_keys_choose_a_step_of_a_chart(self):
        self.show(self.feeds.make("delivering", 3))
        self.browser.run("document.querySelector('#events .plot').focus()")
        text = "document.querySelector('#events .legend .when').textContent"
        self.assertEqual(self.browser.run(text), "last 60 min, in all:")
        self.browser.press({"key": "ArrowLeft", "code": "ArrowLeft", "windowsVirtualKeyCode": 37})
        self.assertRegex(self.browser.run(text), r"^\d\d:\d\d:\d\d to \d\d:\d\d:\d\d:$")
        last = self.feeds.make("delivering", 3)["history"]["tracks"][-1]
        self.assertTrue(self.browser.run("document.querySelector('#events .legend span').textContent").startswith(f"{last:,}"))
        self.browser.press({"key": "Escape", "code": "Escape", "windowsVirtualKeyCode": 27})
        self.assertEqual(self.browser.run(text), "last 60 min, in all:")

    def test_links_each_problem_to_a_place_in_the_runbook(self):
        runbook = self.world.program.ask("admin", "/runbook")[1].decode()
        for state in Feeds.STATES:
            feed = self.feeds.make(state, 3)
            feed["sources"][0]["dead_letters_full"] = state == "idle"
            self.show(feed)
            links = self.browser.run("[...document.querySelectorAll('#main a[href*=\"runbook#\"]')].map(each => each.getAttribute('href'))")
            needs = self.browser.run("document.querySelectorAll('.source.needs, .notices li, #letters tr').length")
            self.assertEqual(len(links), needs, state)
            for target in links:
                self.assertIn(f'id="{target.partition("#")[2]}"', runbook)

    def test_shows_the_servers_of_a_cluster_and_the_owner_of_a_source(self):
        feed = self.feeds.make("held", 3)
        feed["servers"] += [feed["servers"][0] | {"name": f"mail-events-{i}"} for i in (2, 3)]
        feed["sources"][1]["owner"] = "mail-events-3"
        self.show(feed)
        self.assertIn("owner mail-events-3", ",".join(self.texts(".source .state")))
        self.assertEqual(self.browser.run("document.querySelectorAll('#servers li').length"), 3)
        self.well("a cluster")

    def test_asks_for_nothing_from_elsewhere_and_shows_the_runbook(self):
        self.show(self.feeds.make("idle", 1))
        self.browser.look(360, "dark")
        self.browser.open(self.replay.address + "runbook#misconfigured")
        self.browser.run(CHECKS)
        for check in (f"contrast({LEAST_CONTRAST})", "overflow()"):
            self.assertEqual(self.browser.run("checks." + check), [], check)
        self.browser.shoot(pathlib.Path(OPTIONS.shots) / "runbook-360-dark.png")
        self.assertEqual([each for each in self.browser.requests if not each.startswith((self.replay.address, "data:"))], [])
        self.assertEqual(self.browser.problems, [])

    def test_says_without_javascript_where_to_look(self):
        self.browser.call("Emulation.setScriptExecutionDisabled", value=True)
        try:
            self.browser.look(360)
            self.browser.open(self.replay.address)
            text = self.browser.run("document.body.innerText")
            self.browser.shoot(pathlib.Path(OPTIONS.shots) / "no-javascript-360-light.png")
        finally:
            self.browser.call("Emulation.setScriptExecutionDisabled", value=False)
        self.assertIn("segrid status", text)


if __name__ == "__main__":
    if CHROMIUM is None:
        print("chromium is not installed: the status page is not looked at")
        sys.exit(77)
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True)
    parser.add_argument("--segrid", required=True)
    parser.add_argument("--shots", required=True)
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])
