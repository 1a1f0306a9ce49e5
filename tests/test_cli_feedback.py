"""Scores and comments, testimonials with permission, and what keeps happening, as their user meets them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.conftest import Ran

Run = Callable[..., Ran]

YEAR = ("--year", "2026")


def report(run: Run, *arguments: str, **options: Any) -> list[dict[str, Any]]:
    """Return the rows of a report."""
    return list(json.loads(run("report", *arguments, "--format", "json", **options).stdout))


def test_a_score_is_kept_with_its_comment(made: Run) -> None:
    """It is theirs, so it came in; a low one is marked, and makes the client a concern."""
    said = made("log", "hall", "--score", "4", "--channel", "email", "--note", "came twice").stdout
    assert "e-mail from Ada Hall on Monday 2 March 2026, 4 of 10" in said
    (row,) = report(made, "feedback", *YEAR)
    assert (row["score"], row["low"], row["comment"]) == (4, True, "came twice")
    (concern,) = json.loads(made("concerns", "--format", "json").stdout)
    assert concern["evidence"][0]["code"] == "low-score"


def test_a_high_score_is_no_concern(made: Run) -> None:
    """Nor is it low."""
    made("log", "hall", "--score", "10")
    assert report(made, "feedback", *YEAR)[0]["low"] is False
    assert json.loads(made("concerns", "--format", "json").stdout) == []


def test_a_score_is_from_nothing_to_ten(made: Run) -> None:
    """Eleven is a slip."""
    made("log", "hall", "--score", "11", exit_code=2)


def quote(run: Run, wording: str, **options: Any) -> Ran:
    """Fix the words of Ada Hall's praise."""
    return run(
        *("praise", "quote", "hall", "--wording", wording, "--as", "A. H., Leeds", "--permission", "mail of 2 March"),
        **options,
    )


def test_a_testimonial_is_printed_as_it_was_allowed(made: Run) -> None:
    """Words, name and permission are fixed together; only then is it quotable, at any time."""
    made("praise", "add", "hall", "Sam left it spotless, and he explained everything", "--for", "sam")
    assert report(made, "praise", "--quotable") == []
    assert "can be quoted" in quote(made, "Spotless work").stdout
    (row,) = report(made, "praise", "--quotable", now="2027-01-01")
    assert (row["quote"], row["quoted_as"], row["permission"]) == ("Spotless work", "A. H., Leeds", "mail of 2 March")


def test_other_words_than_those_that_were_allowed_are_refused(made: Run) -> None:
    """The same ones again change nothing."""
    made("praise", "add", "hall", "spotless", "--for", "sam")
    quote(made, "Spotless work")
    quote(made, "Spotless work")
    assert "was allowed" in quote(made, "The best work ever", exit_code=65).stderr
    assert "needs its words" in quote(made, "  ", exit_code=65).stderr


def test_quotable_praise_has_no_period(made: Run) -> None:
    """It says so instead of leaving some out."""
    made("report", "praise", "--quotable", *YEAR, exit_code=2)
    made("report", "praise", "--quotable", "--client", "hall", exit_code=2)


def test_what_keeps_happening_is_counted_by_cause(made: Run) -> None:
    """Cases and lessons of the same cause stand together, however it is cased."""
    for cause in ("Part", "part", "hurry", ""):
        made("case", "open", "hall", "--summary", "tap drips", "--cause", cause)
        made("case", "resolve", "hall")
    made("lesson", "add", "hall", "we ran out of taps", "--cause", "part", "--better", "keep two")
    rows = {row["cause"]: row for row in report(made, "lessons", "--by", "cause", *YEAR)}
    assert (rows["part"]["cases"], rows["part"]["lessons"], rows["part"]["repeats"]) == (2, 1, True)
    assert (rows["hurry"]["cases"], rows["hurry"]["repeats"], rows["not known"]["repeats"]) == (1, False, False)
