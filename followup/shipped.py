"""Where the templates and examples that came with the program are.

Takes a name. Gives a path. Touches the file system only to look.
"""

from __future__ import annotations

from pathlib import Path

from followup.errors import NotFound


def path(name: str) -> Path:
    """Return the shipped file or folder *name*, such as ``templates`` or ``templates/cadences.toml``.

    In an installed wheel they lie inside the package, in a checkout (and an editable install of it) beside it.
    """
    package = Path(__file__).resolve().parent
    for folder in (package, package.parent):
        candidate = folder / name
        if candidate.exists():
            return candidate
    raise NotFound(f"{package / name}: a part of the program is missing. Install followup again.")
