"""Starting: whole processes against a bare Click program that prints its help.

All of them are started the way an installed console script starts. The home is that of the example business after its
first import: 33 clients, 52 jobs, a good twenty touchpoints due.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.benchmarks import harness, homes

BARE = '''
import click

@click.group()
@click.option("--home", help="A folder.")
def cli(home):
    """A program."""

@cli.command()
def due():
    """List what is due."""

@cli.command()
def send():
    """Send it."""

@cli.command()
def why():
    """Say why."""

cli()
'''
OURS = """
import sys
from followup.__main__ import main
if __name__ == "__main__":
    sys.exit(main())
"""
ROUNDS = 25


def run() -> list[harness.Result]:
    """Measure help, and what is due: for programs and for people."""
    with tempfile.TemporaryDirectory() as folder:
        bare, ours, home = Path(folder) / "bare.py", Path(folder) / "followup", Path(folder) / "home"
        bare.write_text(BARE, encoding="utf-8")
        ours.write_text(OURS, encoding="utf-8")
        homes.example(home)
        here = ("--home", str(home), "--now", homes.TODAY.isoformat())
        floor = [sys.executable, str(bare), "--help"]
        return [
            harness.compare_processes(name, [sys.executable, str(ours), *arguments], floor, limit=limit, rounds=ROUNDS)
            for name, arguments, limit in (
                ("followup --help, x bare Click", ("--help",), 1.5),
                ("due --format json, small home, x bare Click", (*here, "due", "--format", "json"), 2.0),
                ("due as a table, small home, x bare Click", (*here, "due"), 3.0),
            )
        ]
