"""The generated pages of the reference hold everything that the code has."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tinyrob import errors
from tinyrob.boards.lattice import lattice_boards
from tinyrob.boards.read import all_boards
from tinyrob.cli import VERBS
from tinyrob.hls.boards import fpga_boards
from tinyrob.kernels.table import KERNELS
from tinyrob.models import recipe_file
from tinyrob.timing.tables import timings

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """A generated page, by its generator's name."""
    monkeypatch.syspath_prepend(str(DOCS))
    return lambda name: importlib.import_module(f"_generate.{name}").page()


def test_every_verb_and_its_options_are_there(page: Callable[[str], str]) -> None:
    text = page("command_line")
    for verb in VERBS:
        assert f"\n## tinyrob {verb}\n" in text
    assert "| `--optimize" in text
    assert text.count("`--json`") >= len(VERBS)


def _paths(values: dict[str, object], prefix: str = "") -> set[str]:
    found = set()
    for key, value in values.items():
        inner = value[0] if isinstance(value, list) and value else value
        if isinstance(inner, dict):
            found |= _paths(inner, f"{prefix}{key}.")
        else:
            found.add(f"{prefix}{key}")
    return found


@pytest.mark.parametrize("name", recipe_file.names())
def test_every_key_of_a_shipped_recipe_is_there(name: str, page: Callable[[str], str]) -> None:
    page("recipe_keys")
    keys = set(sys.modules["_generate.recipe_keys"].keys())
    text = (recipe_file.SHIPPED / f"{name}.toml").read_text(encoding="utf-8")
    used = {re.sub(r"\blayers\.\w+", "layers.LAYER", p) for p in _paths(tomllib.loads(text))}
    assert used <= keys


def test_a_key_is_told_with_its_range_and_default(page: Callable[[str], str]) -> None:
    text = page("recipe_keys")
    assert "| `batch` | integer, 1 to 65,536 | `128` |" in text
    assert '| `optimizer` | `"adam"` or `"sgd"` | `"adam"` |' in text
    assert "| `filters` | integer, 1 to 1,024 | must be given |" in text


def test_the_reader_is_itself_again_after_it_was_watched(page: Callable[[str], str]) -> None:
    from tinyrob.files.toml_table import Table

    before = Table.integer
    page("recipe_keys")
    assert Table.integer is before


def test_every_board_kernel_and_error_is_there(page: Callable[[str], str]) -> None:
    boards, operators, tree = page("boards"), page("operators"), page("errors")
    every = (*all_boards(), *fpga_boards(), *lattice_boards())
    assert all(f"`{board.name}`" in boards for board in every)
    assert all(f"`{kernel.symbol}`" in operators for kernel in KERNELS)
    found = [one for one in vars(errors).values() if isinstance(one, type)]
    classes = [one for one in found if issubclass(one, errors.TinyrobError)]
    assert all(f"# {one.__name__}\n" in tree for one in classes)
    assert "`CONV_2D`" in operators


def test_words_of_the_code_are_not_read_as_markdown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DOCS))
    markdown = importlib.import_module("_generate.markdown")
    assert markdown.text("<b> [x|y] *a* `c_d`") == r"&lt;b&gt; \[x\|y\] \*a\* `c_d`"
    assert markdown.prose("``a_b`` and a_b") == r"`a_b` and a\_b"


def test_the_page_about_the_report_explains_every_flag() -> None:
    masking = Path(errors.__file__).parent / "attack" / "masking.py"
    flags = set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', masking.read_text(encoding="utf-8")))
    flags -= {"worst-case", "white-box", "black-box", "pgd-20"}
    text = (DOCS / "how-to" / "read-the-report.md").read_text(encoding="utf-8")
    assert len(flags) >= 7
    assert {flag for flag in flags if f"`{flag}`" not in text} == set()


def test_every_core_and_every_point_of_its_comparison_is_there(page: Callable[[str], str]) -> None:
    text = page("timing")
    for core, timing in timings().items():
        assert f"| {core} |" in text
        assert all(point.error in text for point in timing.points)
    assert "| cortex-m33 | " in text
    assert "| unknown |" in text
