"""The command line's frame: speed, laziness, exit codes, no tracebacks."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tinyrob import cli
from tinyrob.errors import DataError


def tinyrob(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tinyrob", *arguments], capture_output=True, text=True, check=False
    )


def test_help_lists_every_verb_and_loads_no_heavy_library() -> None:
    program = (
        "import sys; from tinyrob import cli\n"
        "try: cli.main(['--help'])\n"
        "finally: print(sorted(m for m in sys.modules if m.split('.')[0] in "
        "{'tensorflow','keras','tf_keras','qkeras','hls4ml','sklearn','numpy','rich','jinja2'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith("[]"), done.stdout
    for verb in cli.VERBS:
        assert re.search(rf"^  {verb} ", done.stdout, re.M), verb


@pytest.mark.parametrize("verb", list(cli.VERBS))
def test_every_verb_has_help_and_json(verb: str) -> None:
    done = tinyrob(verb, "--help")
    assert done.returncode == 0, done.stderr
    # A group's own verbs have it; a console is no object.
    if verb not in ("data", "monitor"):
        assert "--json" in done.stdout


def test_importing_the_module_behind_python_m_runs_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import tinyrob.__main__; print('still here')", "boards"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "still here\n", "")


@pytest.mark.parametrize(
    "arguments",
    [
        ("certify", "--eps", "1", "--out"), ("quantize", "none.keras", "--output"),
        ("export-tflite", "--output"), ("data", "show", "digits", "--png"),
        ("validate", "none", "--junit"), ("run", "none", "--on", "host", "--output"),
    ],
)  # fmt: skip
def test_where_no_file_can_be_made_it_is_said_before_the_work(
    arguments: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main([*arguments, str(tmp_path)])
    assert stop.value.code == 1
    assert "is a folder, no file to write" in capsys.readouterr().err


def test_unknown_verb_is_wrong_usage() -> None:
    done = tinyrob("fly")
    assert done.returncode == 2
    assert "fly" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_users_mistake_is_an_error_a_hint_and_exit_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(**_: object) -> None:
        raise DataError("data_batch_1.bin is 5 bytes long", "fetch it again")

    monkeypatch.setattr(cli.group, "main", broken)
    with pytest.raises(SystemExit) as stop:
        cli.main(["boards"])
    assert stop.value.code == 1
    printed = capsys.readouterr()
    assert printed.err == "error: data_batch_1.bin is 5 bytes long\nhint: fetch it again\n"
    assert printed.out == ""


def test_an_unwritable_path_is_an_error_and_no_traceback(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    done = tinyrob("export-tflite", "digits-stq-jr", "-o", str(blocked / "model.tflite"))
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


def test_a_misspelt_verb_is_shown_the_right_one() -> None:
    done = tinyrob("biuld")
    assert done.returncode == 2
    assert "did you mean build?" in done.stderr
