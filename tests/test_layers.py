"""The rooms stand in layers and import downwards only; files go round in no circle.

Imports inside functions count as well: they are arrows like any other.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "toolchain" / "tinyrob"
LAYERS = (
    ("errors",),
    ("files",),
    ("cluster", "features"),
    ("boards", "data", "ir", "tf"),
    ("frozen", "network", "project"),
    ("flash", "freeze", "kernels", "models"),
    ("deployable", "passes"),
    ("emit", "run"),
    ("hls", "listen", "tflm", "timing"),
    ("build", "rtl"),
    ("runners",),
    ("training", "validate"),
    ("attack",),
    ("certify", "report", "search", "start"),
    ("doctor", "pipeline"),
    ("cli",),
    ("__main__",),
)
"""From the bottom up. The package itself stands on top: it names its front door, and nothing below
asks it for anything. A room (a folder, or a file of the package's root) may import rooms of the
layers below its own, and no others."""

MOST_FILES_AT_THE_ROOT = 8


def modules() -> dict[str, Path]:
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = ("tinyrob", *path.relative_to(PACKAGE).with_suffix("").parts)
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(module: str, text: str, known: Mapping[str, Path]) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "tinyrob":
            assert node.level == 0, f"{module}: relative imports hide where an arrow leads"
            for alias in node.names:
                longer = f"{node.module}.{alias.name}"
                yield longer if longer in known else str(node.module)
        elif isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.partition(".")[0] == "tinyrob")


def arrows() -> dict[str, set[str]]:
    known = modules()
    return {
        module: set(imported(module, path.read_text(encoding="utf-8"), known)) - {module}
        for module, path in known.items()
    }


def room(module: str) -> str | None:
    """The folder or root file that holds a module; None for the package itself."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else None


def upward(found: Mapping[str, set[str]]) -> list[str]:
    level = {name: number for number, layer in enumerate(LAYERS) for name in layer}
    wrong = []
    for module, targets in found.items():
        for target in targets:
            here, there = room(module), room(target)
            if here is None or there is None or here == there:
                continue
            if level[there] >= level[here]:
                wrong.append(f"{module} imports {target}, which is not below it")
    return sorted(wrong)


def test_every_room_has_its_layer() -> None:
    stated = [name for layer in LAYERS for name in layer]
    assert sorted(stated) == sorted(filter(None, {room(module) for module in modules()}))


def test_imports_lead_downwards_only() -> None:
    assert upward(arrows()) == []


def test_the_package_itself_imports_nothing_when_it_is_imported() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    for node in tree.body:
        assert not (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tinyrob"))


def test_files_go_round_in_no_circle() -> None:
    try:
        tuple(TopologicalSorter(arrows()).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_the_root_holds_few_files() -> None:
    files = [p.name for p in PACKAGE.iterdir() if p.is_file()]
    assert len(files) <= MOST_FILES_AT_THE_ROOT, sorted(files)


@pytest.mark.parametrize(
    ("module", "target"),
    [("tinyrob.ir.graph", "tinyrob.emit.c"), ("tinyrob.hls.fixed", "tinyrob.tflm.tree")],
)
def test_an_arrow_that_leads_up_or_aside_is_seen(module: str, target: str) -> None:
    (wrong,) = upward({module: {target}})
    assert wrong.startswith(f"{module} imports {target}")


def test_imports_inside_functions_are_seen() -> None:
    text = "def f():\n    from tinyrob.emit import c\n    import tinyrob.cli.run\n"
    known = {"tinyrob.emit": PACKAGE, "tinyrob.emit.c": PACKAGE}
    assert set(imported("tinyrob.x", text, known)) == {"tinyrob.emit.c", "tinyrob.cli.run"}
