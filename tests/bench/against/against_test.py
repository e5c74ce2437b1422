"""`./dev bench --against` finds a slowdown of 3 % that was planted, and calls the same program "same".

    against_test.py <source dir> <planted_work>

SEGRID_AGAINST_TURNS: how often both are asked [1].
"""

import os
import random
import subprocess
import sys
import unittest
from pathlib import Path

PLANTED = Path(sys.argv.pop())
SOURCE = Path(sys.argv.pop())
sys.path.insert(0, str(SOURCE / "bench"))
import against  # noqa: E402

TURNS = int(os.environ.get("SEGRID_AGAINST_TURNS", "1"))
BODIES = 3_000
ROUNDS = 300  # At most: on a quiet machine 8 to 20 are enough.


def work(extra):
    return lambda: {"work": float(subprocess.run([PLANTED, str(BODIES), str(extra)], check=True, capture_output=True,
                                                 text=True).stdout)}


class Verdicts(unittest.TestCase):
    def drawn(self, seed, ratio, noise, rounds=30):
        source = random.Random(seed)
        draw = lambda mean: [mean * (1 + source.gauss(0, noise)) for _ in range(rounds)]
        return against.Change(draw(1.0), draw(ratio)).verdict()

    def test_what_differs_by_noise_is_the_same(self):
        verdicts = [self.drawn(seed, 1.0, 0.02) for seed in range(500)]
        self.assertEqual(set(verdicts), {"same"})

    def test_three_percent_are_found_either_way(self):
        self.assertEqual({self.drawn(seed, 1.03, 0.01) for seed in range(200)}, {"slower"})
        self.assertEqual({self.drawn(seed, 1 / 1.03, 0.01) for seed in range(200)}, {"faster"})

    def test_less_than_a_percent_is_the_same_however_sure_it_is(self):
        self.assertEqual(against.Change([1.0, 1.0, 1.0], [1.009, 1.009, 1.009]).verdict(), "same")
        self.assertEqual(against.Change([1.0, 1.0, 1.0], [1.02, 1.02, 1.02]).verdict(), "slower")

    def test_two_rounds_say_nothing(self):
        self.assertEqual(against.Change([1.0, 1.0], [2.0, 2.0]).verdict(), "same")
        self.assertFalse(against.Change([1.0, 1.0], [2.0, 2.0]).is_narrow())


class Measuring(unittest.TestCase):
    def test_takes_turns_and_ends_when_every_row_is_narrow(self):
        order = []
        a = lambda: order.append("a") or {"row": 1.0, "of a alone": 1.0}
        b = lambda: order.append("b") or {"row": 1.5}
        changes = against.measure(a, b, 40)
        self.assertEqual(list(changes), ["row"])
        self.assertEqual(changes["row"].verdict(), "slower")
        self.assertEqual("".join(order), "abba" * (against.LEAST_ROUNDS // 2))

    def test_finds_a_planted_slowdown_and_no_other(self):
        found = same = 0
        for _ in range(TURNS):
            planted = against.measure(work(0), work(3), ROUNDS)["work"]
            found += planted.verdict() == "slower"
            identical = against.measure(work(0), work(0), ROUNDS)["work"]
            same += identical.verdict() == "same"
        print(f"figure: 3 % more work is found in {found} of {TURNS}, the same program is the same in {same} of {TURNS}")
        self.assertEqual((found, same), (TURNS, TURNS))


class Callgrind(unittest.TestCase):
    def test_calls_of_the_transform_are_read_from_its_callers(self):
        tree = ("100 (100.0%)  < ???:main (1x) [x]\n100 (100.0%)  *  ???:Run() [x]\n\n"
                "60 (60%)  < ???:(anonymous namespace)::Run() (1,200x) [x]\n40 (40%)  < ???:Other() (34x) [x]\n"
                "100 (100.0%)  *  ???:segrid::pipeline::BatchTransformer::Transform(int) [x]\n"
                "50 (50%)  >   ???:Inner() (7x) [x]\n")
        self.assertEqual(against.callers_of(tree).count("\n"), 1)
        self.assertIn("1,200x", against.callers_of(tree))
        self.assertIn("34x", against.callers_of(tree))


if __name__ == "__main__":
    unittest.main()
