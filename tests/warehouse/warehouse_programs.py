"""Where the programs under test are."""

import argparse
import pathlib
import sys


def take_programs():
    """The folder that --programs names. It is taken from the command line, because unittest reads the rest."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", required=True, type=pathlib.Path)
    given, rest = parser.parse_known_args()
    sys.argv[1:] = rest
    return given.programs.resolve()
