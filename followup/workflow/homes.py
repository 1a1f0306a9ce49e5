"""Making a home, and the line that lets cron look after it.

Takes a folder and answers. Gives the home. Touches the home's files.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from followup import home, store
from followup.home import Home


def make(folder: Path, *, answers: Mapping[str, str]) -> Home:
    """Make a home in *folder*; nothing that is there already is overwritten."""
    return home.make(folder, answers=answers, fill=_make_database)


def _make_database(made: Home) -> None:
    store.create(made.database_path, home_key=made.key()).close()


def crontab_line(made: Home) -> str:
    """Return the line that runs the daily round at 7:30, with full paths, for `crontab -e`."""
    beside = Path(sys.executable).with_name("followup.exe" if sys.platform == "win32" else "followup")
    program = beside if beside.is_file() else shutil.which("followup")
    command = f'"{program}"' if program else f'"{sys.executable}" -m followup'
    return f'30 7 * * * {command} --home "{made.path}" run --cron'
