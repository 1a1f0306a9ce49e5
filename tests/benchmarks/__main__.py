"""`python -m tests.benchmarks [NAME...]`: run every bench_*.py here, or the named ones, and print the ratios.

What takes minutes says ONLY_BY_NAME and runs when it is named.

Exits 1 when a limit is missed, so that a script can tell.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Sequence

import tests.benchmarks
from tests.benchmarks import harness


def names() -> list[str]:
    """Return the stages that have a benchmark, in the order of the alphabet."""
    found = (module.name for module in pkgutil.iter_modules(tests.benchmarks.__path__))
    return sorted(name.removeprefix("bench_") for name in found if name.startswith("bench_"))


def main(wanted: Sequence[str]) -> int:
    """Run the *wanted* benchmarks; all of them that do not take minutes when none is named."""
    known = names()
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        sys.stderr.write(f"No benchmark is called {', '.join(unknown)}. There are: {', '.join(known)}.\n")
        return 2
    results: list[harness.Result] = []
    for name in wanted or known:
        module = importlib.import_module(f"tests.benchmarks.bench_{name}")
        if name in wanted or not getattr(module, "ONLY_BY_NAME", False):
            sys.stderr.write(f"measuring {name} ...\n")
            results += module.run()
    sys.stdout.write(harness.table(results) + "\n")
    return 0 if all(result.is_within for result in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
