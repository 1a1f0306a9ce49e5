"""``python -m tests.fuzz``: damaged files without an end, and what they brought to light.

Takes options. Gives a report on stdout and each case that failed in a folder; exits with 1 when there is one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests import fuzz


def main() -> None:
    """Feed damaged files for as long as was asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz",
        description="Damages files of every kind that the import reads and feeds them to it, now and then to the whole "
        "command: no traceback, no hang, no row in two places, nothing half imported.",
    )
    parser.add_argument("--seconds", type=float, default=600, help="how long (600)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="one case of the seed, to look at")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings"), help="where failed cases go")
    options = parser.parse_args()
    end = time.monotonic() + options.seconds
    done = 0

    def numbers() -> fuzz.Iterator[int]:
        number = 0
        while time.monotonic() < end:
            yield number
            number += 1

    def count(number: int) -> None:
        nonlocal done
        done += 1

    causes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="followup-fuzz-") as folder:
        chosen = iter([options.only]) if options.only is not None else numbers()
        for found in fuzz.run(Path(folder), seed=options.seed, numbers=chosen, tell=count):
            cause = "\n".join(found.what.strip().splitlines()[-3:])
            causes[cause] += 1
            options.keep.mkdir(exist_ok=True)
            (options.keep / f"{options.seed}-{found.case.number}-{found.case.name}").write_bytes(found.case.data)
            if causes[cause] == 1 or options.only is not None:
                sys.stdout.write(f"\ncase {found.case.number}, {found.case.name}:\n{found.what}\n")
                sys.stdout.flush()
    sys.stdout.write(f"seed {options.seed}: {done:,} damaged files, {causes.total()} findings\n")
    for cause, times in causes.most_common():
        sys.stdout.write(f"{times} x {cause}\n")
    sys.exit(bool(causes))


main()
