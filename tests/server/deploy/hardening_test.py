"""The programs have Debian's hardening in them.

    hardening_test.py <program>...
"""

import platform
import re
import subprocess
import sys
import unittest

PROGRAMS = sys.argv[1:]


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


class Hardening(unittest.TestCase):
    def test_there_are_programs_to_read(self):
        self.assertTrue(PROGRAMS)

    def test_the_program_is_loaded_anywhere(self):
        for program in PROGRAMS:
            with self.subTest(program):
                self.assertRegex(run("readelf", "-hW", program), r"Type:\s+DYN")
                self.assertTrue(re.search(r"FLAGS_1.*\bPIE\b", run("readelf", "-dW", program)))

    def test_what_it_calls_is_bound_at_its_start_and_cannot_be_written_then(self):
        for program in PROGRAMS:
            with self.subTest(program):
                self.assertTrue(re.search(r"FLAGS_1.*\bNOW\b", run("readelf", "-dW", program)))
                self.assertIn("GNU_RELRO", run("readelf", "-lW", program))

    def test_the_stack_is_no_code(self):
        for program in PROGRAMS:
            with self.subTest(program):
                self.assertRegex(run("readelf", "-lW", program), r"GNU_STACK .* RW ")

    def test_buffers_are_watched(self):
        for program in PROGRAMS:
            with self.subTest(program):
                needed = set(re.findall(r"\bU (\w+)", run("nm", "-D", program)))
                self.assertTrue("__stack_chk_fail" in needed, "no stack protector")
                self.assertTrue([name for name in needed if name.endswith("_chk")], "no checked buffers")

    @unittest.skipUnless(platform.machine() == "x86_64", "the flag is for x86-64")
    def test_indirect_calls_land_on_their_pads(self):
        for program in PROGRAMS:
            with self.subTest(program):
                pads = run("objdump", "-d", "--no-show-raw-insn", program).count("endbr64")
                self.assertGreater(pads, 1000)


if __name__ == "__main__":
    sys.argv = sys.argv[:1]
    unittest.main()
