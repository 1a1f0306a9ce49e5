"""``python -m tests.storms``: the long storms, against an honest server and a dishonest one, and their table.

Takes options. Gives a table on stdout, and exits with 1 when an invariant is broken or a phase got too few kills.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests import storms


def main() -> None:
    """Run the storms that were asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.storms",
        description="Kills sending runs at any moment (SIGKILL), lets quiet runs end it, and counts what came of it. "
        "Nothing may be accepted twice, nothing may be lost, and every unknown one has a cause.",
    )
    parser.add_argument("--kills", type=int, default=20, help="how many must land in each phase (20)")
    parser.add_argument("--server", choices=["honest", "dishonest", "both"], default="both")
    parser.add_argument("--security", choices=["none", "starttls", "tls"], default="starttls")
    parser.add_argument("--seconds", type=float, default=1200, help="for each server (1200)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    failed = False
    for server in ("honest", "dishonest") if options.server == "both" else (options.server,):
        with tempfile.TemporaryDirectory(prefix="followup-storm-") as folder:
            found = storms.rage(
                Path(folder),
                kills=options.kills,
                server=server,
                security=options.security,
                seconds=options.seconds,
                seed=options.seed,
                tell=True,
            )
        few = [phase for phase in storms.PHASES if found.landed.get(phase, 0) < options.kills]
        sys.stdout.write(f"\n{server} server, {options.security}, seed {options.seed}\n")
        sys.stdout.write("".join(f"{line}\n" for line in found.lines()))
        if few:
            sys.stdout.write(f"too few kills landed in: {', '.join(few)}\n")
        failed = failed or bool(few or found.twice or found.lost or "nobody knows why" in found.unknown)
    sys.exit(failed)


main()
