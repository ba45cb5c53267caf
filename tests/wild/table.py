"""Builds networks that others have made, and compares each with TFLite Micro byte for byte."""

from __future__ import annotations

import csv
import hashlib
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click
import numpy as np

from support.on_host import host_folder
from tinyrob.build.job import build
from tinyrob.deployable import Deployable
from tinyrob.errors import RunnerError, TinyrobError
from tinyrob.ir.graph import Graph
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.project.build_folder import BuildFolder
from tinyrob.run.base import Array, Runner
from tinyrob.run.batch import Side, flat
from tinyrob.run.host import HostRunner
from tinyrob.run.tflm import TflmRunner
from tinyrob.runners import open_runner
from tinyrob.validate.vectors import KINDS, of_kind

COUNT = 64
_ORDER = ("exact", "different", "no reference", "refused", "missing")


@dataclass(frozen=True)
class Row:
    """One network: its verdict, why, and its operators."""

    name: str
    verdict: str
    detail: str = ""
    operators: tuple[str, ...] = field(default=(), compare=False)


def inputs_for(graph: Graph, count: int) -> Array:
    """``count`` inputs, a quarter of each kind."""
    side = Side.inputs(graph)
    parts = [of_kind(kind, -(-count // len(KINDS)), side, seed) for seed, kind in enumerate(KINDS)]
    return np.concatenate(parts)[:count]


def examine(name: str, data: bytes, on: str, target: str, count: int) -> Row:
    """A network built, run and compared."""
    try:
        graph = read_tflite(data, name)
    except TinyrobError as error:
        return Row(name, "refused", error.message)
    kinds = tuple(sorted({op.kind for op in graph.ops}))
    inputs = inputs_for(graph, count)
    try:
        with TflmRunner(data, graph, jobs=1) as reference:
            expected = reference.run(inputs).outputs
    except RunnerError as error:
        return Row(name, "no reference", error.message, kinds)
    with tempfile.TemporaryDirectory(prefix="tinyrob-wild-") as scratch:
        try:
            out = Path(scratch) / "build"
            if on == "host":  # nothing is compiled for the board
                runner: Runner = HostRunner(host_folder(graph, data, out, target))
            else:
                built = build(Deployable(name, graph, data), target, out=out)
                runner = open_runner(on, BuildFolder(out, built))
            with runner:
                got = runner.run(inputs).outputs
                again = runner.run(inputs).outputs if graph.stateful else got
        except TinyrobError as error:
            return Row(name, "refused", error.message, kinds)
    for what, outputs in (("", got), (" after a reset", again)):
        wrong = flat(outputs) != flat(expected)
        if wrong.any():
            rows = int(wrong.any(axis=1).sum())
            return Row(name, "different", f"{rows} of {len(inputs)} outputs{what}", kinds)
    return Row(name, "exact", "", kinds)


def rows_of(folder: Path, listed: Path, only: str, **how: object) -> Iterator[Row]:
    """Each network of the list."""
    with listed.open(newline="") as file:
        entries = [row for row in csv.DictReader(file) if only in row["name"]]
    for entry in entries:
        path = folder / f"{entry['name']}.tflite"
        if not path.is_file():
            yield Row(entry["name"], "missing", f"there is no {path}")
            continue
        data = path.read_bytes()
        if entry.get("sha256") not in (None, "", hashlib.sha256(data).hexdigest()):
            yield Row(entry["name"], "missing", f"{path} is not the file that the list names")
            continue
        yield examine(entry["name"], data, **how)  # type: ignore[arg-type]


def markdown(rows: list[Row]) -> str:
    """Both tables."""
    lines = ["| network | verdict | |", "|---|---|---|"]
    for row in rows:
        detail = " ".join(row.detail.replace("|", "\\|").split())
        lines.append(f"| {row.name} | {row.verdict} | {detail} |")
    lines += ["", "| operator | networks | of them exact |", "|---|---:|---:|"]
    by_kind: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        for kind in row.operators:
            by_kind[kind][row.verdict] += 1
    for kind, counts in sorted(by_kind.items(), key=lambda x: (-x[1].total(), x[0])):
        lines.append(f"| {kind} | {counts.total()} | {counts['exact']} |")
    return "\n".join(lines) + "\n"


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True))
@click.argument("listed", metavar="LIST", type=click.Path(path_type=Path, exists=True))
@click.option("--on", default="host", show_default=True, help="host or qemu.")
@click.option(
    "--target", default="mps2_an386", show_default=True, help="The board it is built for."
)
@click.option("--count", default=COUNT, show_default=True, help="Inputs for each network.")
@click.option("--only", default="", help="Networks with this in their names.")
@click.option("--markdown", "page", type=click.Path(path_type=Path), help="Writes both tables.")
def main(
    folder: Path, listed: Path, on: str, target: str, count: int, only: str, page: Path | None
) -> None:
    """Which of the networks in FOLDER, named in LIST, equal TFLite Micro byte for byte."""
    rows = []
    for row in rows_of(folder, listed, only, on=on, target=target, count=count):
        rows.append(row)
        first, *_ = row.detail.splitlines() or [""]
        click.echo(f"{row.verdict:12} {row.name}{': ' if first else ''}{first}")
        sys.stdout.flush()
    counts = Counter(row.verdict for row in rows)
    click.echo(", ".join(f"{counts[v]} {v}" for v in _ORDER if counts[v]))
    if page is not None:
        page.write_text(markdown(rows))
    sys.exit(0 if counts["exact"] == len(rows) else 1)
