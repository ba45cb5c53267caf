"""A hint's `pip install` works for the tinyrob that gave it, however that one was installed."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from tinyrob.files import installed
from tinyrob.files.installed import install_command

CHECKOUT = Path(__file__).resolve().parents[2]
_SAY = "from tinyrob.files.installed import install_command as c; print(c('train', 'check'))"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an empty environment."""
    home = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    return home / "bin" / "python"


def into(python: Path, *what: str) -> None:
    """Installs tinyrob there, without what it depends on."""
    pip = [str(python), "-I", "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*pip, "--force-reinstall", *what], check=True, capture_output=True)


def says(python: Path, cwd: Path) -> str:
    """The command that the tinyrob there tells."""
    done = subprocess.run([str(python), "-I", "-c", _SAY], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def carried_out(command: str, python: Path, cwd: Path) -> str:
    """What pip does for ``command``, without the extras' own packages and without an index."""
    program, _, rest = command.partition(" install ")
    assert shlex.split(program) == [str(python), "-m", "pip"], "not on PATH: named whole"
    pip = [str(python), "-I", "-m", "pip", "install", "--dry-run", "--no-index", "--no-deps"]
    done = subprocess.run(
        [*pip, "--no-build-isolation", *shlex.split(rest)], cwd=cwd, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_from_a_wheel_the_wheel_is_named(environment: Path, wheel: Path, tmp_path: Path) -> None:
    kept = Path(shutil.copy(wheel, tmp_path))
    into(environment, str(kept))
    command = says(environment, tmp_path)
    assert command.endswith(f'install "{kept}[train,check]"')
    assert kept.name in carried_out(command, environment, tmp_path)


def test_when_the_wheel_is_gone_what_is_installed_is_enough(
    environment: Path, wheel: Path, tmp_path: Path
) -> None:
    kept = Path(shutil.copy(wheel, tmp_path))
    into(environment, str(kept))
    kept.unlink()
    command = says(environment, tmp_path)
    assert command.endswith('install "tinyrob[train,check]"')
    assert "already satisfied: tinyrob[check,train]" in carried_out(command, environment, tmp_path)


def test_from_an_index_the_name_is_enough(environment: Path, wheel: Path, tmp_path: Path) -> None:
    into(environment, "--find-links", str(wheel.parent), "tinyrob")
    command = says(environment, tmp_path)
    assert command.endswith('install "tinyrob[train,check]"')
    assert "already satisfied: tinyrob[check,train]" in carried_out(command, environment, tmp_path)


def test_from_a_checkout_the_checkout_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.chdir(tmp_path)
    command = install_command("check")
    assert command.endswith(f'pip install -e "{CHECKOUT}[check]"')
    assert "Would install tinyrob" in carried_out(command, Path(sys.executable), tmp_path)
    monkeypatch.chdir(CHECKOUT)
    assert install_command("check").endswith('pip install -e ".[check]"')


@pytest.mark.parametrize(
    ("origin", "requirement"),
    [
        ({}, "tinyrob[rtl]"),
        (
            {
                "url": "https://github.com/tinyrob/tinyrob",
                "vcs_info": {"vcs": "git", "commit_id": "0123abc"},
            },
            "tinyrob[rtl] @ git+https://github.com/tinyrob/tinyrob@0123abc",
        ),
        (
            {"url": "https://example.org/t.zip", "archive_info": {}, "subdirectory": "tool"},
            "tinyrob[rtl] @ https://example.org/t.zip#subdirectory=tool",
        ),
        ({"url": "file:///no/such/folder", "dir_info": {}}, "tinyrob[rtl]"),
    ],
    ids=["index", "git", "archive", "folder that is gone"],
)
def test_other_origins(origin: dict[str, object], requirement: str) -> None:
    assert installed._requirement(origin, "[rtl]") == requirement


def test_a_folder_that_it_was_installed_from_is_named_spaces_and_all(tmp_path: Path) -> None:
    folder = tmp_path / "my tree"
    folder.mkdir()
    assert installed._requirement({"url": folder.as_uri()}, "[rtl]") == f"{folder}[rtl]"


def test_the_short_name_of_pip_only_where_it_is_this_pythons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip = tmp_path / "pip"
    pip.write_text("#!/bin/sh\n")
    pip.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert install_command("rtl").startswith(f"{shlex.quote(sys.executable)} -m pip install ")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert install_command("rtl").startswith("pip install ")


def test_an_environment_without_pip_is_served_by_uv(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uv = tmp_path / "uv"
    uv.write_text("#!/bin/sh\n")
    uv.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(installed.importlib.util, "find_spec", lambda name: None)
    assert install_command("rtl").startswith("uv pip install --python ")


def test_a_path_that_a_shell_would_read_is_quoted() -> None:
    assert shlex.split(installed._quoted("/a $b`c`[rtl]")) == ["/a $b`c`[rtl]"]


def test_every_extra_that_a_hint_names_exists_and_no_hint_is_written_by_hand() -> None:
    known = set(metadata.metadata("tinyrob").get_all("Provides-Extra") or ())
    asked = set()
    for path in (CHECKOUT / "toolchain" / "tinyrob").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        asked |= set(re.findall(r'(?:install_command|Extra)\("(\w+)"\)', text))
        assert not re.search(r"pip install [\"']tinyrob", text), path
    assert {"train", "check", "hls", "rtl", "serial", "search", "attack"} <= asked <= known
