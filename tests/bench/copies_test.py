"""The server copies a request once at most, and no response: what bench/copies.py counts.

    copies_test.py <source dir> <bin dir>

Exit code 77, a skip for ctest, without valgrind.
"""

import shutil
import sys
import unittest
from pathlib import Path

BIN = Path(sys.argv.pop())
SOURCE = Path(sys.argv.pop())
sys.path.insert(0, str(SOURCE / "bench"))
import copies  # noqa: E402

if shutil.which("valgrind") is None:
    print("skipped: valgrind is not installed")
    sys.exit(77)

JOINED = "the request's slices joined into one piece"
BODY = "the body out of the connection's buffer"


class Copies(unittest.TestCase):
    def test_a_transform_copies_the_request_once_and_the_response_not_at_all(self):
        copied = copies.run_path(BIN, "transform-json-1000")
        print(f"figure: {sum(copied.values()):.2f} bytes copied for each byte of a Transform of 1,000 events")
        self.assertAlmostEqual(copied[JOINED], 1, delta=0.02)
        self.assertLess(sum(copied.values()) - copied[JOINED], 0.15)

    def test_a_posts_body_is_read_to_its_place(self):
        copied = copies.run_path(BIN, "webhook-100")
        print(f"figure: {sum(copied.values()):.2f} bytes copied for each byte of a post of 100 events")
        # The first bytes come with the head, and are copied out of its buffer.
        self.assertLess(copied[BODY] + copied["the head, and what came with it"], 0.7)
        self.assertLess(sum(copied.values()), 2)


if __name__ == "__main__":
    unittest.main()
