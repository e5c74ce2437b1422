"""The documents of the package lead to nothing that the package has not.

    pages_test.py <source dir>
"""

import pathlib
import re
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(sys.argv.pop(1)).resolve()
sys.path[:0] = [str(SOURCE / "cmake/manual"), str(SOURCE / "tests/docs")]
import markdown  # noqa: E402
import packaged_pages  # noqa: E402


class Pages(unittest.TestCase):
    def test_lead_to_what_is_installed(self):
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder)
            packaged_pages.write(SOURCE, out)
            installed = {(out / there).resolve() for there in packaged_pages.places(SOURCE).values()}
            pages = sorted(out.rglob("*.md"))
            self.assertGreater(len(pages), 10)
            links = [(page, link) for page in pages for link in markdown.links(page.read_text(encoding="utf-8"))
                     if not re.match(r"[a-z]+:", link)]
            self.assertGreater(len(links), 50)
            for page, link in links:
                name, _, anchor = link.partition("#")
                target = (page.parent / name).resolve() if name else page
                self.assertIn(target, installed, f"{page.relative_to(out)}: {link}")
                if anchor:
                    self.assertIn(anchor, markdown.anchors(target.read_text(encoding="utf-8")))

    def test_has_what_it_says_it_has(self):
        for place in packaged_pages.places(SOURCE):
            self.assertTrue((SOURCE / place).is_file(), place)

    def test_only_the_text_stays_of_other_links(self):
        known = {"docs/a.md": "docs/a.md", "README.md": "README.md", "server/alerts.yaml": "alerts.yaml"}
        for given, wanted in (("[x](b.md)", "x"), ("[x](../README.md#y)", "[x](../README.md#y)"), ("[`x y`](../core/z.h)", "`x y`"),
                              ("![x](../core/z.svg)", "x"), ("[x](https://e)", "[x](https://e)"), ("[x](#y)", "[x](#y)"),
                              ("[x](../server/alerts.yaml)", "[x](../alerts.yaml)"), ("```text\n[x](b.md)\n```\n", "```text\n[x](b.md)\n```\n")):
            self.assertEqual(packaged_pages.page(given, "docs/a.md", known), wanted)


if __name__ == "__main__":
    unittest.main()
