"""The wheel, an editable install and a checkout are the same program: templates and examples come along."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import followup

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("followup", "templates", "examples", "LICENSE", "README.md", "pyproject.toml", "setup.cfg")


@dataclass(frozen=True)
class Installed:
    """A place where the program can be started: the command line, where it stands, where it may leave things."""

    command: tuple[str, ...]
    cwd: Path
    temporary: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the program with *arguments*; nothing of this process's environment points at the checkout."""
        env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "FOLLOWUP"))}
        env |= {"PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "1"}
        env |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(self.temporary))  # where `demo` plays unless told
        return subprocess.run(
            [*self.command, *arguments],
            cwd=self.cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )


def copy_of_the_sources(folder: Path) -> Path:
    """Return a copy to build in, so that no build leaves anything in the checkout or finds anything there."""
    copy = folder / "checkout"
    copy.mkdir()
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy2(source, copy / name)
    return copy


def pip(*arguments: str, folder: Path) -> None:
    """Run this environment's pip without index, cache or settings of whoever runs the tests."""
    ran = subprocess.run(
        [sys.executable, "-m", "pip", *arguments],
        env={**os.environ, "HOME": str(folder), "PIP_CONFIG_FILE": os.devnull, "PIP_NO_INPUT": "1"}
        | {"PIP_NO_INDEX": "1", "PIP_NO_CACHE_DIR": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def fresh_environment(folder: Path) -> Path:
    """Return the interpreter of a new virtual environment that sees the installed libraries but not our checkout.

    A ``.pth`` file adds a folder to the path but does not follow the ``.pth`` files in that folder, and an editable
    install of ours is one of those.
    """
    venv.create(folder, with_pip=False)
    scripts = "Scripts" if os.name == "nt" else "bin"
    interpreter = folder / scripts / ("python.exe" if os.name == "nt" else "python")
    site = Path(
        subprocess.run(
            [interpreter, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    )
    paths = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    (site / "libraries.pth").write_text("\n".join(paths) + "\n", encoding="utf-8")
    return interpreter


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built once from a copy of the sources with the setuptools that is here."""
    folder = tmp_path_factory.mktemp("wheel")
    copy = copy_of_the_sources(folder)
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(copy), folder=folder)
    (built,) = folder.glob("followup-*.whl")
    return built


@pytest.fixture(scope="session", params=["wheel", "editable", "checkout"])
def installed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, wheel: Path
) -> Iterator[Installed]:
    """The program as each of the three ways of having it gives it."""
    folder = tmp_path_factory.mktemp(request.param)
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    if request.param == "checkout":
        yield Installed((sys.executable, "-m", "followup"), copy_of_the_sources(folder), elsewhere)
        return
    interpreter = fresh_environment(folder / "environment")
    options = ["--python", str(interpreter), "install", "--no-deps", "--ignore-installed"]
    if request.param == "wheel":
        pip(*options, str(wheel), folder=folder)
    else:
        pip(*options, "--no-build-isolation", "--editable", str(copy_of_the_sources(folder)), folder=folder)
    program = shutil.which("followup", path=str(interpreter.parent))
    assert program, "the installation made no `followup` command"
    yield Installed((program,), elsewhere, elsewhere)


def test_the_wheel_holds_templates_and_examples(wheel: Path) -> None:
    """Whatever stands in templates/ and examples/, and every query and schema file, is in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    expected = {
        f"followup/{path.relative_to(ROOT).as_posix()}"
        for folder in ("templates", "examples")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    } | {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "followup").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert sorted(expected - inside) == []


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    """No tests, benchmarks or leftovers come along."""
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
    assert tops == {"followup", f"followup-{followup.__version__}.dist-info"}


def test_the_version_is_told(installed: Installed) -> None:
    """`followup --version` says which release this is."""
    ran = installed.run("--version")
    assert (ran.returncode, ran.stdout) == (0, f"followup {followup.__version__}\n"), ran.stderr


def test_help_is_told(installed: Installed) -> None:
    """`followup --help` fits on a screen, however the program was installed."""
    ran = installed.run("--help")
    assert ran.returncode == 0, ran.stderr
    assert len(ran.stdout.splitlines()) <= 40


def test_the_demo_plays(installed: Installed) -> None:
    """`followup demo` plays the example business from beginning to end without an answer, and says what it does."""
    ran = installed.run("demo")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "$ followup import" in ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr


def test_the_module_is_the_program(tmp_path: Path) -> None:
    """`python -m followup` does what `followup` does."""
    ran = Installed((sys.executable, "-m", "followup"), ROOT, tmp_path).run("--version")
    assert ran.stdout == f"followup {followup.__version__}\n"
