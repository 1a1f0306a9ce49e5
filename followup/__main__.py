"""`python -m followup`, and the door of the console script."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; `--version` answers before anything heavy is imported."""
    if sys.argv[1:] == ["--version"]:
        from followup import __version__

        sys.stdout.write(f"followup {__version__}\n")
        return
    from followup import cli

    cli.main()


if __name__ == "__main__":
    main()
