"""`python -m followup`, and the door of the console script."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; `--version` answers before anything heavy is imported."""
    if sys.argv[1:] == ["--version"]:
        from followup import __version__

        sys.stdout.write(f"followup {__version__}\n")
        return
    import atexit
    import gc

    from followup import cli

    # What a command loads and reads lives until its end: looking for waste in it is in vain, then and there too.
    gc.set_threshold(50_000)
    atexit.register(gc.freeze)
    cli.main()


if __name__ == "__main__":
    main()
