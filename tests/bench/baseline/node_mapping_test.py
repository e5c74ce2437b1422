"""The transform in Node, a baseline of `./dev bench`, does the work of ours: the same bytes come out.

    node_mapping_test.py --segrid PROGRAM [--seed N] [--batches N]

Every shipped body and generated ones go through both, with the settings' defaults. Left out are elements with a number
that JavaScript does not write as it was written, such as 1.0 or one of 20 digits. Exit code 77, a skip for ctest,
without Node.
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/reference"))
import nasty_events  # noqa: E402
import strict_json  # noqa: E402

MAX_SAFE = 2**53
SECONDS = 60


def survives(value, key=""):
    """True when JavaScript keeps each number of a value, and each digit string that becomes one."""
    if isinstance(value, dict):
        return all(survives(member, name) for name, member in value.items())
    if isinstance(value, list):
        return all(survives(element) for element in value)
    if isinstance(value, strict_json.Number):
        digits = value.text.removeprefix("-")
        if digits.isdigit():
            return value.text == str(int(value.text)) and abs(int(value.text)) <= MAX_SAFE
        number = float(value.text)
        return "e" not in value.text.lower() and not number.is_integer() and value.text == repr(number)
    if key == "asm_group_id" and isinstance(value, str) and value.removeprefix("-").isascii() and \
            value.removeprefix("-").isdigit():
        return len(value.lstrip("-0")) < 20 and abs(int(value)) <= MAX_SAFE
    return True


def kept(texts):
    for text in texts:
        if survives(strict_json.parse(b"[" + text.encode("utf-8", "surrogateescape") + b"]")):
            yield text


def shipped():
    """The elements of all shipped bodies and of the golden ones, as bytes between commas."""
    for folder in ("tests/data/sendgrid", "tests/data/bench", "tests/golden"):
        for path in sorted((ROOT / folder).rglob("*.json")):
            body = path.read_bytes().removeprefix(b"\xef\xbb\xbf").strip()
            body = body if body.startswith(b"[") else b"[" + body + b"]"
            values = strict_json.parse(body)
            if all(survives(value) for value in values):
                yield body[1:-1].strip()
            else:
                parsed = zip(json.loads(body), values)
                yield json.dumps([one for one, value in parsed if survives(value)]).encode()[1:-1]


def bodies(rng, batches):
    yield "the shipped bodies", b"[" + b",".join(elements for elements in shipped() if elements) + b"]"
    for number in range(batches):
        texts = list(kept(nasty_events.batch(rng, 500)))
        yield f"generated batch {number}", nasty_events.body(rng, texts)
    yield "near the limit", nasty_events.body(rng, nasty_events.near_the_limit(rng, None, ""))


def difference(ours, theirs):
    """The first Track that differs, shortened."""
    for our, their in zip(json.loads(ours)["batch"], json.loads(theirs)["batch"]):
        if our != their or json.dumps(our) != json.dumps(their):
            return f"\n  ours   {json.dumps(our)[:1500]}\n  theirs {json.dumps(their)[:1500]}"
    return f"{len(json.loads(ours)['batch'])} Tracks of ours, {len(json.loads(theirs)['batch'])} of theirs"


def run(command, path):
    done = subprocess.run([*command, path], capture_output=True, timeout=SECONDS, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{command} of {path} gave {done.returncode}: {done.stderr.decode()[-2000:]}")
    return done.stdout.strip()


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--segrid", required=True)
    arguments.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    arguments.add_argument("--batches", type=int, default=int(os.environ.get("SEGRID_NODE_BATCHES", "6")))
    given = arguments.parse_args()
    if shutil.which("node") is None:
        print("skipped: node is not installed")
        return 77
    sys.setrecursionlimit(10000)
    print(f"seed {given.seed}")
    problems, tracks = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, body) in enumerate(bodies(random.Random(given.seed), given.batches)):
            path = pathlib.Path(folder, f"{number}.json")
            path.write_bytes(body)
            ours = run([given.segrid, "transform", "--format", "batch"], path)
            theirs = run(["node", ROOT / "bench/baseline/node_transform.mjs", "--print"], path)
            tracks += ours.count(b'"type":"track"')
            if ours != theirs:
                problems.append(f"{name}: {difference(ours, theirs)}")
    print(f"figure: {tracks} Tracks, {len(problems)} bodies differ")
    print("\n".join(problems[:5]))
    return 1 if problems or tracks < 1000 else 0


if __name__ == "__main__":
    sys.exit(main())
