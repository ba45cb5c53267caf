"""``tinyrob attack``: accuracy under attack, on the reference and on deployed artefacts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tinyrob.attack.places import PLACES
from tinyrob.cli._common import (
    FILE,
    FOLDER,
    console,
    data_dir_option,
    emit_json,
    gate_options,
    json_option,
    seed_option,
    serial_options,
    stdout,
    workers_option,
)

if TYPE_CHECKING:
    from tinyrob.attack.robustness import Robustness


def numbers(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> tuple[float, ...] | None:
    """Numbers with commas between them; ``none`` for none at all."""
    if value is None or value.strip().lower() == "none":
        return None if value is None else ()
    try:
        return tuple(float(part) for part in value.split(","))
    except ValueError:
        raise click.BadParameter(
            f"{value!r} is not a list of numbers such as 1,2,4,8", context, parameter
        ) from None


def names(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    """Names with commas between them."""
    return tuple(part.strip() for part in (value or "").split(",") if part.strip())


def sides(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> tuple[int, int] | None:
    """Height and width as ``96x128``."""
    if value is None:
        return None
    found = re.fullmatch(r"(\d{1,4})x(\d{1,4})", value.strip())
    if found is None or not all(int(side) for side in found.groups()):
        raise click.BadParameter(f"{value!r} is no size such as 96x128", context, parameter)
    return int(found[1]), int(found[2])


@click.command()
@click.argument("model", required=False)
@click.option(
    "--at",
    type=click.Choice(PLACES),
    default="features",
    show_default=True,
    help="Where the attacker stands. features, pixels: at the network's own input; samples: at the "
    "recording, in front of the features; frame: at the camera's frame, in front of what cuts and "
    "scales it.",
)
@click.option("--suite", default="quick", show_default=True, help="quick, standard, paper, full.")
@click.option("--attacks", callback=names, metavar="A,B…", help="These attacks, no suite.")
@click.option(
    "--eps",
    callback=numbers,
    metavar="N,N…",
    help="L-inf balls, in steps of the input (default: the suite's).",
)
@click.option("--eps-l2", callback=numbers, metavar="N,N…", help="L2 balls; `none` for none.")
@click.option(
    "--snr",
    callback=numbers,
    metavar="N,N…",
    help="With --at samples: balls in decibels that the recording lies above what is added.",
)
@click.option(
    "--rooms",
    type=int,
    default=1,
    show_default=True,
    help="With --at samples: play each recording in so many rooms, and judge by all of them.",
)
@click.option(
    "--room-gain",
    type=click.FloatRange(0, 40),
    default=6.0,
    show_default=True,
    help="Up to so many decibels louder or softer.",
)
@click.option(
    "--room-shift",
    type=click.FloatRange(0, 1000),
    default=50.0,
    show_default=True,
    help="Up to so many milliseconds earlier or later.",
)
@click.option(
    "--frame",
    callback=sides,
    metavar="HxW",
    help="With --at frame: its size (default: four times the picture's).",
)
@click.option("--samples", type=int, help="How many examples (default: the suite's).")
@click.option("--on", callback=names, metavar="A,B…", help="Runners that score.")
@click.option("--through", callback=names, metavar="A,B…", help="Runners attacked by answers.")
@click.option("--transfer", multiple=True, help="Transfer from this model (default: the zoo's).")
@click.option(
    "--dataset",
    help="The data, by name or by a recipe's file (default: what the model was trained on).",
)
@data_dir_option
@click.option("--input", "inputs", type=FILE, help="Own int8 inputs (N, ...) as .npy …")
@click.option("--labels", type=FILE, help="… and their class numbers.")
@click.option("--surrogate", type=FILE, help="A Keras model of the same network, as a surface.")
@click.option(
    "--surrogate-input",
    default="artefact",
    show_default=True,
    help="What it takes: artefact (real values as the .tflite's), u8, unit or signed.",
)
@gate_options("clean, exact, flags, [[attack]]")
@click.option("--target", default="stm32", show_default=True, help="What host and qemu build for.")
@serial_options
@seed_option
@workers_option
@click.option("--out", type=FOLDER, help="The run's folder (default: runs/attack/<model>).")
@json_option
def command(
    model: str | None,
    gate_file: Path | None,
    as_json: bool,
    eps: tuple[float, ...] | None,
    eps_l2: tuple[float, ...] | None,
    snr: tuple[float, ...] | None,
    transfer: tuple[str, ...],
    **options: Any,
) -> None:
    """Attack MODEL: a zoo name, a run's or build's folder, a .tflite or a QKeras model.

    eps counts int8 steps of the input: for images, pixel levels of 256; for recordings int16 steps.
    Adversarial inputs lie on that grid. The folder keeps what is found: the same command goes on
    where a killed one was.

    A gate file: clean = 0.7, exact = true, flags = "none", and for each attack a table [[attack]]
    with name ("worst-case"), norm ("linf"), eps and accuracy, each the least that passes.
    """
    found = _attack(
        model,
        {**options, "gate": gate_file, "eps_l2": eps_l2, "snr": snr, "transfer": transfer or None},
        eps,
    )
    if as_json:
        emit_json(found.to_dict())
    else:
        _print(found)
    found.check()


def _attack(
    model: str | None, options: dict[str, Any], eps: tuple[float, ...] | None
) -> Robustness:
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from tinyrob.pipeline import Build, load
    from tinyrob.project.build_folder import is_build

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console(), transient=True) as bar:
        attacks = bar.add_task("attack", total=1.0)
        runs: dict[str, Any] = {}

        def watch(label: str, share: float) -> None:
            bar.update(attacks, description=label, completed=share)

        def watch_score(runner: str, done: int, total: int) -> None:
            if runner not in runs:
                runs[runner] = bar.add_task(f"score on {runner}", total=total)
            bar.update(runs[runner], completed=done)

        attacked = Build.open(model) if model and is_build(Path(model)) else load(model)
        options |= {"watch": watch, "watch_score": watch_score}
        return attacked.attack(eps=eps, **options)


def _print(found: Robustness) -> None:
    from rich.table import Table

    screen = stdout()
    runners = list(found.clean)
    table = Table(title=f"{found.model}: accuracy under attack, {found.samples} examples")
    for column in ("attack", "kind", "norm", "eps", *runners, "95 %", "s", "flags"):
        table.add_column(column, justify="left" if column in ("attack", "kind") else "right")
    first = runners[0]
    low, high = found.clean_interval[first]
    clean = [f"{found.clean[name]:.1%}" for name in runners]
    table.add_row("none", "clean", "", "", *clean, f"{low:.1%} … {high:.1%}", "", "")
    for row in found.attacks:
        low, high = row.interval[first]
        table.add_row(
            row.name,
            row.kind,
            row.norm,
            f"{row.eps:g} dB" if row.norm == "snr" else f"{row.eps:g}",
            *(f"{row.accuracy[name]:.1%}" for name in runners),
            f"{low:.1%} … {high:.1%}",
            f"{row.seconds:.1f}",
            ",".join(map(str, found.flags_of(row))),
            style="bold" if row.kind == "worst-case" else None,
        )
    screen.print(table)
    if found.units is not None:
        radii = list(dict.fromkeys(row.eps for row in found.attacks if row.norm == "linf"))
        told = ", ".join(f"eps {eps:g} is {found.units.told(eps)}" for eps in (1.0, *radii[:3]))
        screen.print(f"in the sensor's unit: {told}", soft_wrap=True)
    for number, flag in enumerate(found.flags, start=1):
        where = f"{flag.taints} {flag.norm} eps {flag.eps:g}"
        screen.print(f"flag {number}: {flag.flag} taints {where}: {flag.text}")
    exact = {True: "yes", False: "NO", None: "nothing to compare"}[found.exact]
    screen.print(f"equal on every exact runner: {exact} ({', '.join(runners)})")
    for check in found.gate.checks if found.gate else ():
        verdict = "pass" if check.passed else "FELL"
        screen.print(f"gate {verdict}: {check.name} {check.wanted}, got {check.got}")
    screen.print(f"{found.out}/attack.json; `tinyrob report {found.out}` makes the page")
