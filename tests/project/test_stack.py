"""The stack's bound, from call graphs written by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinyrob.errors import BuildError
from tinyrob.project.stack import EXCEPTION_FRAME_BYTES, LIBRARY_CALL_BYTES, stack_bound


def graph(path: Path, frames: dict[str, str], calls: list[tuple[str, str]]) -> Path:
    nodes = [f'node: {{ title: "{n}" label: "{n}\\nx.c:1:1\\n{f}" }}' for n, f in frames.items()]
    edges = [f'edge: {{ sourcename: "{a}" targetname: "{b}" label: "x.c:1:1" }}' for a, b in calls]
    path.write_text("\n".join(['graph: { title: "x.c"', *nodes, *edges, "}"]), encoding="utf-8")
    return path


def static(**frames: int) -> dict[str, str]:
    return {name: f"{size} bytes (static)" for name, size in frames.items()}


def bound(*paths: Path) -> int:
    return stack_bound(paths, "main", ("fault",)) - EXCEPTION_FRAME_BYTES


def test_the_deepest_path_counts_across_files(tmp_path: Path) -> None:
    a = graph(
        tmp_path / "a.ci", static(main=8, f=100, g=16), [("main", "f"), ("main", "g"), ("g", "h")]
    )
    b = graph(tmp_path / "b.ci", static(h=200), [])
    assert bound(a, b) == 8 + 16 + 200


def test_a_library_function_is_allowed_for(tmp_path: Path) -> None:
    assert bound(graph(tmp_path / "a.ci", static(main=8), [("main", "memcpy")])) == (
        8 + LIBRARY_CALL_BYTES
    )


def test_a_call_through_a_pointer_may_reach_whatever_nothing_names(tmp_path: Path) -> None:
    calls = [("main", "__indirect_call"), ("main", "named"), ("callback", "named")]
    path = graph(tmp_path / "a.ci", static(main=8, named=500, callback=40, other=30), calls)
    assert bound(path) == 8 + 40 + 500


def test_a_loop_that_pointers_feign_is_followed_once(tmp_path: Path) -> None:
    calls = [("main", "f"), ("f", "__indirect_call"), ("callback", "f")]
    path = graph(tmp_path / "a.ci", static(main=8, f=16, callback=32), calls)
    assert bound(path) == 8 + 16 + 32


def test_the_fault_handler_comes_on_top(tmp_path: Path) -> None:
    path = graph(tmp_path / "a.ci", static(main=8, fault=24), [])
    assert bound(path) == 8 + 24


def test_a_frame_without_a_bound_is_refused(tmp_path: Path) -> None:
    path = graph(tmp_path / "a.ci", {"main": "8 bytes (dynamic)"}, [])
    with pytest.raises(BuildError, match="the stack of main has no bound"):
        bound(path)


def test_a_compiler_without_call_graphs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="call graph has no main"):
        bound(graph(tmp_path / "a.ci", static(f=1), []))
