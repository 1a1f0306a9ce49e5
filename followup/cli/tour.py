"""`followup demo`: the tour of the example business, each command printed and then really run."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import textwrap
from pathlib import Path

import click

from followup import files, shipped
from followup.errors import CannotCreate
from followup.workflow import demo

WIDTH = 100  # of words and tables; a terminal has its own


def play(folder: Path | None) -> None:
    """Play the tour in *folder*, which must be empty or not exist, or in a temporary folder."""
    if folder is not None and folder.exists() and any(folder.iterdir()):
        raise CannotCreate(f"{folder} is not empty. The demo plays in an empty folder: followup demo NEWFOLDER")
    target = folder or Path(tempfile.mkdtemp(prefix="followup-demo-"))
    files.make_folder(target)
    examples = shipped.path("examples")
    before = Path.cwd()
    os.chdir(target)
    try:
        _play(examples, target)
    finally:
        os.chdir(before)
    click.echo(f"\nThe example home stays in {target}")
    click.echo(f"Look around:  {_program()} --home {target} --now 2026-03-09 due")


def _program() -> str:
    """Return what to type for this program, on a machine where it may not be on the path."""
    typed = Path(sys.argv[0])
    return sys.argv[0] if typed.stem == "followup" and not shutil.which("followup") else "followup"


def _play(examples: Path, target: Path) -> None:
    now = ""
    for step in demo.steps((examples / "demo.txt").read_text(encoding="utf-8")):
        match step:
            case demo.Heading(text):
                click.secho(f"\n{text}\n{'=' * len(text)}", bold=True)
            case demo.Say(text):
                click.echo("\n" + textwrap.fill(text, WIDTH))
            case demo.Clock(instant):
                now = instant
            case demo.Lay(names):
                for name in names:
                    files.make_folder((target / name).parent)
                    shutil.copyfile(examples / name, target / name)
            case demo.Command(line, arguments):
                click.secho(f"\n$ {line}", bold=True)
                _run(["--home", str(target), "--now", now, *arguments])


def _run(arguments: list[str]) -> None:
    from followup.cli import cli
    from followup.cli.app import App

    try:
        cli.main(arguments, prog_name="followup", obj=App(person_is_there=False, width=WIDTH, says_now=False))
    except SystemExit as finished:
        if finished.code:
            raise
