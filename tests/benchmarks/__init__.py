"""Speed and memory of the program against floors measured in the same run; `python -m tests.benchmarks` runs them.

Each module ``bench_<stage>.py`` here offers ``run() -> list[Result]``; see ``harness`` for the tools.
"""
