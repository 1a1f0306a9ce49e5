"""The rules of the layout, read off the syntax trees: whoever breaks one is told which, where, and what now."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "followup"

# From the ground up: a module uses only what stands before it. The README's map says the same in words.
LAYERS = (
    "errors",
    "codes",
    "records",
    "model",
    "identity",
    "cells",
    "shipped",
    "files",
    "workdays",
    "cadence",
    "kinds",
    "providers",
    "settings",
    "home",
    "intake",
    "store",
    "care",
    "occasions",
    "pace",
    "plan",
    "render",
    "mail",
    "deliver",
    "tables",
    "report",
    "workflow",
    "cli",
    "__main__",
)

DOORS = {
    "click": {"cli"},
    "sqlite3": {"store"},
    "psycopg": {"store"},
    "jinja2": {"render"},
    "yagmail": {"mail"},
    "smtplib": {"mail"},
    "imaplib": {"mail"},
    "ssl": {"mail"},
    "keyring": {"mail"},
    "tabulate": {"tables"},
    "dateutil": {"workdays", "cadence", "intake"},
    "filelock": {"files"},
    "phonenumbers": {"intake"},
    "python_calamine": {"intake"},
    "vobject": {"intake"},
    "holidays": {"workdays"},
}
"""The only places that may import a library: when it changes, one place changes with it."""

HEAVY = {
    "yagmail",
    "smtplib",
    "ssl",
    "keyring",
    "jinja2",
    "tabulate",
    "phonenumbers",
    "holidays",
    "psycopg",
    "python_calamine",
    "vobject",
}
"""What costs tens of milliseconds to import, and so is imported inside the functions that use it."""

OWN_PROCESS = {"render/child.py"}
"""Programs that a child process runs; nobody imports them, so they may load what they need at once."""

LATE = {"mail/line.py"}
"""Modules made of a heavy library's classes; only functions import them, so they may load it at once."""

PURE = {"care", "occasions", "cadence", "pace", "plan", "report"}
"""Facts in, rows out: no clock, no files, no chance."""

IMPURE_MODULES = {
    *("io", "os", "pathlib", "random", "secrets", "shutil", "socket", "sqlite3", "subprocess", "tempfile", "time"),
    *("logging", "threading", "urllib.request"),
}

ONE_SYSTEM_ONLY = {"fcntl", "grp", "msvcrt", "pwd", "resource", "syslog", "termios", "tty", "winreg"}
ONE_SYSTEM_NAMES = {"SIGHUP", "SIGKILL", "SIGUSR1", "SIGALRM", "fork", "getuid", "geteuid", "chown", "O_NOFOLLOW"}

CLOCK = {("datetime", "now"), ("datetime", "today"), ("datetime", "utcnow"), ("date", "today"), ("time", "time")}
CLOCK_READERS = {"cli/app.py"}

SQL = re.compile(r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+TABLE)\b", re.DOTALL)


@dataclass(frozen=True)
class Module:
    """A source file: its path below the package, its layer, its tree."""

    path: str
    layer: str
    tree: ast.Module

    def at(self, node: ast.AST) -> str:
        """Return where *node* stands, fit to click on."""
        return f"followup/{self.path}:{getattr(node, 'lineno', 1)}"


@cache
def modules() -> tuple[Module, ...]:
    """Return every module of the package."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        below = path.relative_to(PACKAGE)
        layer = below.parts[0].removesuffix(".py")
        found.append(Module(below.as_posix(), layer, ast.parse(path.read_text(encoding="utf-8"), str(path))))
    return tuple(found)


def layered() -> Iterator[Module]:
    """Yield every module but the package's own __init__, which holds the version and the map."""
    return (module for module in modules() if module.layer != "__init__")


def imports(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Yield each import in *tree* with the full name of what is imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node, alias.name
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            for alias in node.names:
                yield node, f"{node.module}.{alias.name}"


def at_import_time(tree: ast.Module) -> Iterator[ast.stmt]:
    """Yield the statements that run when the module is imported: no function bodies, nothing for type checkers."""
    waiting: list[ast.stmt] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            waiting += node.orelse
            continue
        inner = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]
        if inner:
            waiting += inner
        else:
            yield node


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str, str]]:
    """Yield each call with the name before the dot, if any, and the name called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield node, "", node.func.id
            elif isinstance(node.func, ast.Attribute):
                owner = node.func.value
                before = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "?")
                yield node, before, node.func.attr


def nothing(problems: Iterable[str]) -> None:
    """Fail with every problem on a line of its own."""
    listed = list(problems)
    assert not listed, "\n" + "\n".join(listed)


# ---------------------------------------------------------------- who may use whom


def test_every_module_has_a_place_in_the_order() -> None:
    """A new module is put into the order of layers, and so into the README's map, before anything imports it."""
    nothing(
        f"followup/{module.path}: '{module.layer}' is not in LAYERS of tests/test_architecture.py; say there what it "
        "may use, and in the README's map."
        for module in layered()
        if module.layer not in LAYERS
    )


def test_dependencies_point_one_way() -> None:
    """A stage uses only earlier stages of the flow."""
    nothing(
        f"{module.at(node)}: {module.layer} imports {stage}, which comes after it. Hand the value in as an argument, "
        "or move the code up to workflow."
        for module in layered()
        for node, name in imports(module.tree)
        for stage in [name.split(".")[1] if name.startswith("followup.") else ""]
        if module.layer in LAYERS and stage in LAYERS and LAYERS.index(stage) > LAYERS.index(module.layer)
    )


def test_each_library_has_one_door() -> None:
    """click is known to cli alone, jinja2 to render alone, and so on."""
    nothing(
        f"{module.at(node)}: {name.split('.')[0]} is imported only in {' and '.join(sorted(allowed))}. Ask that "
        "module for what you need."
        for module in modules()
        for node, name in imports(module.tree)
        for allowed in [DOORS.get(name.split(".")[0])]
        if allowed is not None and module.layer not in allowed
    )


def test_heavy_libraries_are_imported_where_they_are_used() -> None:
    """What costs start-up time is imported inside functions."""
    nothing(
        f"{module.at(node)}: {name.split('.')[0]} is imported with the module. Import it inside the function that "
        "uses it; --help must not pay for it."
        for module in modules()
        if module.path not in OWN_PROCESS | LATE
        for statement in at_import_time(module.tree)
        for node, name in imports(statement)
        if name.split(".")[0] in HEAVY
    )
    late = {"followup." + path.removesuffix(".py").replace("/", ".") for path in OWN_PROCESS | LATE}
    nothing(
        f"{module.at(node)}: {name} loads something heavy, or is the program of a child process. Import it inside a "
        "function, or start it."
        for module in modules()
        for statement in at_import_time(module.tree)
        for node, name in imports(statement)
        if name in late
    )


def test_sql_is_written_only_in_the_store() -> None:
    """Nobody but the store knows that there are tables."""
    nothing(
        f"{module.at(node)}: this looks like SQL. Statements live in followup/store/queries, each behind one function "
        "of the store."
        for module in modules()
        if module.layer != "store"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value)
    )


# ---------------------------------------------------------------- what a stage may do


def test_pure_stages_have_no_way_to_the_world() -> None:
    """Planning and reporting import nothing that reads files, clocks or chance, and open nothing."""
    for module in modules():
        if module.layer not in PURE:
            continue
        nothing(
            f"{module.at(node)}: {module.layer} is pure and cannot use {name}. Take the value as an argument."
            for node, name in imports(module.tree)
            if name.split(".")[0] in IMPURE_MODULES or ".".join(name.split(".")[:2]) in IMPURE_MODULES
        )
        nothing(
            f"{module.at(node)}: {module.layer} is pure and cannot call {name}. Take the value as an argument."
            for node, before, name in calls(module.tree)
            if (not before and name in {"open", "input", "print"}) or (before, name) in CLOCK
        )


def test_the_clock_is_read_in_one_place() -> None:
    """Today is a parameter; only the root command looks at the clock."""
    nothing(
        f"{module.at(node)}: {before}.{name}() reads the clock. Take `today` or `now` as an argument; followup.cli.app "
        "is where it comes from."
        for module in modules()
        if module.path not in CLOCK_READERS
        for node, before, name in calls(module.tree)
        if (before, name) in CLOCK
    )


def test_only_the_command_line_prints() -> None:
    """Results reach the screen through cli; everything else returns them."""
    nothing(
        f"{module.at(node)}: {name}() belongs in cli. Return the text, or raise an error from followup.errors."
        for module in modules()
        if module.layer != "cli"
        for node, before, name in calls(module.tree)
        if (not before and name in {"print", "input", "breakpoint"})
        or name in {"echo", "secho"}
        or (before, name) == ("sys", "exit")
    )


def test_modules_load_on_every_system() -> None:
    """What only one system has is not touched when a module is imported."""
    for module in modules():
        for statement in at_import_time(module.tree):
            nothing(
                f"{module.at(node)}: {name} does not exist on every system. Import it inside the function, and say "
                "what happens elsewhere."
                for node, name in imports(statement)
                if name.split(".")[0] in ONE_SYSTEM_ONLY
            )
            nothing(
                f"{module.at(node)}: {node.attr} does not exist on every system. Look it up inside the function."
                for node in ast.walk(statement)
                if isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id in {"os", "signal"}
                and node.attr in ONE_SYSTEM_NAMES
            )


@pytest.mark.parametrize("arguments", [["--version"], ["--help"]])
def test_help_does_not_pay_for_what_it_does_not_use(arguments: list[str]) -> None:
    """Neither --help nor --version loads templates, tables, phones, holidays, mail or the database."""
    code = (
        "import sys\n"
        f"sys.argv = ['followup', *{arguments!r}]\n"
        "from followup.__main__ import main\n"
        "try:\n    main()\n"
        "except SystemExit:\n    pass\n"
        "sys.stderr.write(' '.join(sorted({name.partition('.')[0] for name in sys.modules})))\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = set(ran.stderr.split())
    assert "followup" in loaded
    assert not loaded & (HEAVY | {"dateutil", "sqlite3", "filelock", "zoneinfo"})


# ---------------------------------------------------------------- names and words


def test_nothing_is_called_utils() -> None:
    """A name says what is inside; a drawer for everything has no name."""
    drawers = {"utils", "util", "helpers", "helper", "common", "misc"}
    nothing(
        f"{path.relative_to(ROOT)}: a drawer. Name it for what it holds."
        for folder in (PACKAGE, ROOT / "tests")
        for path in folder.rglob("*.py")
        if path.stem.removeprefix("test_") in drawers or path.parent.name in drawers
    )


def public(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Yield every function, class and method that others may use; overloads share the docstring of their function."""
    waiting: list[ast.stmt] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If | ast.Try | ast.With):
            waiting += [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        if any("overload" in ast.dump(decorator) for decorator in node.decorator_list):
            continue
        yield node
        if isinstance(node, ast.ClassDef):
            waiting += node.body


def test_every_module_says_what_it_is_for() -> None:
    """A module's docstring is the first thing a newcomer reads."""
    nothing(
        f"followup/{module.path}: no docstring. Say what it takes, what it gives, what it touches."
        for module in modules()
        if not ast.get_docstring(module.tree)
    )


@pytest.mark.parametrize("package", ["intake", "workflow"])
def test_the_map_of_a_large_package_names_each_of_its_modules(package: str) -> None:
    """Whoever looks for a module finds it in the table at the door of its package."""
    text = (PACKAGE / package / "__init__.py").read_text("utf-8")
    table = re.findall(
        r"^    ([a-z]+(?:, [a-z]+)*)(?:  .*|)$", (ast.get_docstring(ast.parse(text)) or ""), re.MULTILINE
    )
    named = [name for row in table for name in row.split(", ")]
    assert sorted(named) == sorted(path.stem for path in (PACKAGE / package).glob("*.py") if path.stem != "__init__")


def test_everything_public_says_what_it_does() -> None:
    """Each public function, class and method has a docstring."""
    nothing(
        f"{module.at(node)}: {node.name} has no docstring. Say what its signature cannot."
        for module in modules()
        for node in public(module.tree)
        if not ast.get_docstring(node)
    )


def test_every_test_is_a_sentence_about_behaviour() -> None:
    """Each test's docstring says what holds, and each file of tests says what it is about."""
    problems = []
    for path in sorted((ROOT / "tests").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
        where = path.relative_to(ROOT).as_posix()
        if tree.body and not ast.get_docstring(tree):
            problems.append(f"{where}: no docstring. Say what these tests are about.")
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                text = (ast.get_docstring(node) or "").strip()
                if not text.endswith((".", "!", "?")):
                    problems.append(f"{where}:{node.lineno}: {node.name} needs a docstring that is a sentence.")
    nothing(problems)


def test_the_project_speaks_of_itself_alone() -> None:
    """No file names a path of somebody's machine, or leaves a note to finish it later."""
    # Put together here, so that this file does not hold what it looks for.
    paths = [r"\.\./" + "shared", "(?<![A-Za-z0-9_.])/" + "work/", "/" + "root/"]
    notes = ["TO" + "DO", "FIX" + "ME"]  # in a template "todo" is Spanish
    problems = []
    for path in project_files():
        words = re.compile("|".join(paths + (notes if path.suffix in {".py", ".sql", ".sh"} else [])))
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
            found = words.search(line)
            if found:
                problems.append(
                    f"{path.relative_to(ROOT).as_posix()}:{number}: '{found.group()}' does not belong here."
                )
    nothing(problems)


def project_files() -> Iterator[Path]:
    """Yield every file of the project that a person wrote."""
    yield from (path for path in ROOT.iterdir() if path.is_file() and not path.name.startswith("."))
    for folder in ("followup", "templates", "examples", "tests", ".ci"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path
