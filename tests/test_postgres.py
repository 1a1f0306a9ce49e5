"""The second engine stays possible: a real PostgreSQL reads the schema and prepares every statement."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from followup.store import engine, sql

pytestmark = pytest.mark.postgres

_NAMED = re.compile(r":(\w+)")


@pytest.fixture(scope="module")
def postgres() -> Iterator[Any]:
    """Give a cursor in a schema of its own, which goes away with the test."""
    conninfo = os.environ.get("FOLLOWUP_TESTS_POSTGRES")
    if not conninfo:
        required = os.environ.get("FOLLOWUP_TESTS_REQUIRE", "").split(",")
        if "postgres" in required:
            pytest.fail(
                "FOLLOWUP_TESTS_REQUIRE asks for PostgreSQL, and FOLLOWUP_TESTS_POSTGRES does not name a server"
            )
        pytest.skip("FOLLOWUP_TESTS_POSTGRES names no server")
    psycopg = pytest.importorskip("psycopg")
    with psycopg.connect(conninfo) as connection, connection.cursor() as cursor:
        name = f"followup_{secrets.token_hex(6)}"
        cursor.execute(f"CREATE SCHEMA {name}")
        cursor.execute(f"SET search_path TO {name}")
        for _, path in engine.schema_files():
            cursor.execute(path.read_text(encoding="utf-8"))
        yield cursor
        connection.rollback()


def _prepared(text: str) -> str:
    """Return *text* with PostgreSQL's numbered parameters; one number per name."""
    numbers: dict[str, int] = {}
    return _NAMED.sub(lambda found: f"${numbers.setdefault(found[1], len(numbers) + 1)}", text)


def _texts() -> Iterator[tuple[str, str]]:
    for name in sql.statements():
        for width in sql.WIDTHS if sql.lists(name) else (0,):
            yield f"{name}_{width}", sql.text(name, width)


def test_postgres_prepares_every_statement(postgres: Any) -> None:
    """Every statement, with lists of every width, is one that PostgreSQL understands."""
    for name, text in _texts():
        postgres.execute(f"PREPARE {name} AS {_prepared(text)}")


def test_psycopg_takes_the_named_parameters(postgres: Any) -> None:
    """A statement runs through psycopg when :name is written %(name)s: the one change a second engine needs."""

    def run(name: str, **values: Any) -> Any:
        return postgres.execute(_NAMED.sub(r"%(\1)s", sql.text(name)), values)

    run("meta_put", key="color", value="red")
    run("meta_put", key="color", value="green")
    assert run("meta", key="color").fetchone() == ("green",)
    run("batch_insert", id="b1", kind="hand", command="x", person="", at="2026-03-02T09:15:00+00:00", detail="{}")
    assert run("batch_undoable").fetchone()[:2] == ("b1", 1)
    assert run("usual_gaps").fetchall() == []
    assert run("step_names").fetchall() == []
