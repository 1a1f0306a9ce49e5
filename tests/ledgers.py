"""The ledger of a file that was read: every row in one place, once.

Takes a FileResult. Gives nothing, or an AssertionError that names the rows. Touches nothing.
"""

from __future__ import annotations

from collections import Counter

from followup.intake import facts


def balance(result: facts.FileResult, *, rows: set[int] | None = None) -> None:
    """Assert that each row is imported, merged, skipped, known or refused, exactly once.

    *rows* are the rows of the file as a spreadsheet counts them, where the test knows them.
    """
    bad = {problem.row for problem in result.problems}
    skipped = Counter(each.row for each in result.skipped)
    taken = {row for each in (*result.clients, *result.jobs) for row in each.rows}
    for each in (*result.clients, *result.jobs):
        assert each.rows, f"{each} comes from no row"
        assert len(set(each.rows)) == len(each.rows), f"{each.rows} names a row twice"
    twice = {row: count for row, count in skipped.items() if count > 1}
    assert not twice, f"left out more than once: {twice}"
    for one, other, what in (
        (bad, taken, "taken and refused"),
        (bad, set(skipped), "left out and refused"),
        (taken, set(skipped), "taken and left out"),
    ):
        assert not one & other, f"{what}: {sorted(one & other)}"
    counts = result.counts()
    placed = len(bad) + len(taken) + len(skipped)
    assert counts["rows"] == placed + result.known, f"{counts}: {placed} rows have a place"
    assert counts["rows"] == sum(counts[name] for name in ("imported", "merged", "skipped", "errors", "known")), counts
    assert len(bad) == counts["errors"]
    if rows is not None:
        assert bad | taken | set(skipped) <= rows, "a row that the file does not have"
        assert result.known or bad | taken | set(skipped) == rows, (
            f"nowhere: {sorted(rows - bad - taken - set(skipped))}"
        )
