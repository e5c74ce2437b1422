"""`segrid transform` and the reference implementation agree, field by field.

Every body of tests/data and several thousand generated elements, without a
source and with sources that opt into everything there is. Prints its seed;
`--seed` repeats a run.
"""

import argparse
import json
import pathlib
import sys
import tempfile

import comparison


def main():
  given, rng = comparison.prepare(argparse.ArgumentParser(description=__doc__.splitlines()[0]))
  with tempfile.TemporaryDirectory() as folder:
    config = pathlib.Path(folder, "segrid.yaml")
    config.write_text(json.dumps(comparison.CONFIG), encoding="utf-8")
    compared = comparison.Comparison(given.segrid, ["--config", str(config)], rng)
    compared.compare_all(given.batches)
  return compared.summary()


if __name__ == "__main__":
  sys.exit(main())
