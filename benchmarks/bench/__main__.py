"""``make bench``: measures, prints a table, writes JSON; exits 1 where a budget is exceeded."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

from benchmarks.bench import budgets, table
from benchmarks.bench import sweep as sweeping
from benchmarks.bench.against import BOARD, Beside, render
from benchmarks.bench.against import against as compared
from benchmarks.bench.sweep import Share, Skipped, subjects
from tinyrob.boards.read import find_board
from tinyrob.build.measure import Figures
from tinyrob.cli._common import console, workers_option
from tinyrob.cluster.choose import workers as opened
from tinyrob.cluster.workers import Workers
from tinyrob.deployable import Deployable, load_model
from tinyrob.errors import TinyrobError
from tinyrob.tflm.tree import find_tree


@click.command()
@click.argument("figures", type=click.Path(file_okay=False, path_type=Path))
@click.option("--model", "models", multiple=True, metavar="M", help="Only this (repeatable).")
@click.option("--target", "targets", multiple=True, metavar="T", help="Only this (repeatable).")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="JSON goes here.")
@click.option("--write", is_flag=True, help="Make what was measured the budgets.")
@workers_option
@click.option("--against", type=click.Choice(["tflm"]), help="Ratios to this runtime's figures.")
@click.option(
    "--tflm-dir",
    type=click.Path(path_type=Path),
    envvar="TFLM_DIR",
    help="A source tree of TFLite-Micro, with CMSIS-NN among its libraries.",
)
def command(
    figures: Path,
    models: tuple[str, ...],
    targets: tuple[str, ...],
    out: Path | None,
    write: bool,
    workers: str | None,
    against: str | None,
    tflm_dir: Path | None,
) -> None:
    """Measures every network on every emulated board.

    FIGURES is the folder with budgets.json and baseline.json. MLPerf Tiny's models are taken from
    the folder TINYROB_MODELS, else ../shared/models; with --against, --model also takes a .tflite.
    """
    if against is None and tflm_dir is not None and "TFLM_DIR" not in os.environ:
        raise click.UsageError("--tflm-dir comes with --against tflm")
    if against is not None and write:
        raise click.UsageError("--write makes budgets, and --against compares")
    try:
        if against is not None:
            sys.exit(_beside(figures, models, targets, out, tflm_dir))
        with opened(workers) as spread:
            sys.exit(_run(figures, models, targets, out, write, spread))
    except TinyrobError as error:
        raise click.ClickException(str(error)) from None


def _folder(figures: Path) -> Path:
    return Path(os.environ.get("TINYROB_MODELS", figures.resolve().parents[1] / "shared/models"))


def _chosen(figures: Path, models: tuple[str, ...]) -> dict[str, Callable[[], Deployable] | str]:
    """The networks that were named, files among them; none named: all that there are."""
    known = subjects(_folder(figures))
    chosen: dict[str, Callable[[], Deployable] | str] = {}
    for name in models:
        if name.endswith(".tflite"):
            chosen[Path(name).stem] = partial(load_model, name)
        elif name in known:
            chosen[name] = known[name]
        else:
            raise click.UsageError(f"no model {name!r}: a .tflite, or {', '.join(known)}")
    return chosen or known


def _beside(
    figures: Path,
    models: tuple[str, ...],
    targets: tuple[str, ...],
    out: Path | None,
    tflm_dir: Path | None,
) -> int:
    tree = find_tree(tflm_dir)
    if not tree.optimized:
        console().print(f"note: {tree.root} has no CMSIS-NN: its portable kernels are compared")
    boards = tuple(find_board(name) for name in targets or (BOARD,))
    found: list[Beside] = []
    skipped: list[Skipped] = []
    for one in compared(_chosen(figures, models), boards, tree.root):
        if isinstance(one, Skipped):
            skipped.append(one)
            continue
        found.append(one)
        ratio = one.ratios()["instructions"]
        told = "-" if ratio is None else f"{ratio:.2f}"
        console().print(f"{one.mine.model} on {one.mine.board}: {told} of the instructions")
    click.echo(render(found))
    for left in skipped:
        click.echo(f"skipped: {left.model} {left.board}: {left.why}")
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        rows: dict[str, Any] = {"against": "tflm", "measured": [one.to_dict() for one in found]}
        rows["skipped"] = [vars(one) for one in skipped]
        out.write_text(json.dumps(rows, indent=1) + "\n")
    return 0 if found else 1


def _run(
    figures: Path,
    models: tuple[str, ...],
    targets: tuple[str, ...],
    out: Path | None,
    write: bool,
    workers: Workers,
) -> int:
    budget = budgets.load(figures / "budgets.json")
    baseline = budgets.load(figures / "baseline.json")
    folder = _folder(figures)
    chosen = subjects(folder)
    boards = sweeping.boards()
    for name in models:
        if name not in chosen:
            raise click.UsageError(f"no model {name!r}: {', '.join(chosen)}")
    for name in targets:
        if all(name not in (board.name, *board.aliases) for board in boards):
            raise click.UsageError(f"no measured board {name!r}")
    measured: list[Figures] = []
    skipped: list[Skipped] = []
    on = tuple(b for b in boards if not targets or {b.name, *b.aliases} & set(targets))
    shares = [Share(name, folder, on) for name in chosen if not models or name in models]
    done: dict[int, list[Figures | Skipped]] = {}
    for number, found in workers.each(sweeping.measured, shares):
        done[number] = found
        for one in found:
            if isinstance(one, Figures):
                count = f"{one.instructions or 0:,} instructions"
                console().print(f"{one.model} on {one.board}: {count}")
    for _, found in sorted(done.items()):
        measured += [one for one in found if isinstance(one, Figures)]
        skipped += [one for one in found if isinstance(one, Skipped)]
    click.echo(table.render(measured, baseline))
    for left in skipped:
        click.echo(f"skipped: {left.model} {left.board}: {left.why}")
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        rows = {"measured": [m.to_dict() for m in measured], "skipped": [vars(s) for s in skipped]}
        out.write_text(json.dumps(rows, indent=1) + "\n")
    if write:
        (figures / "budgets.json").write_text(budgets.written(measured, budget))
        return 0
    over = [line for one in measured for line in budgets.exceeded(one, budget)]
    for line in over:
        console().print(f"error: {line}", soft_wrap=True)
    return 1 if over else 0


if __name__ == "__main__":
    command()
