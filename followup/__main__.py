"""`python -m followup`, and the door of the console script."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; `--version` answers before anything heavy is imported."""
    if sys.argv[1:] == ["--version"]:
        from followup import __version__

        sys.stdout.write(f"followup {__version__}\n")
        return
    import gc

    from followup import cli

    gc.set_threshold(50_000)  # what a command loads and reads lives until its end: looking for waste in it is in vain
    cli.main()


if __name__ == "__main__":
    main()
