"""``tinyrob det``: false accepts an hour and false rejects; the threshold that firmware takes."""

from __future__ import annotations

from pathlib import Path

import click

from tinyrob.cli._common import (
    FILE,
    FOLDER,
    data_dir_option,
    emit_json,
    json_option,
    seed_option,
    stdout,
)
from tinyrob.files.screen import say


@click.command()
@click.argument("model", required=False)
@click.option(
    "--snr",
    type=click.FloatRange(-20, 60),
    default=10.0,
    show_default=True,
    help="How many decibels words lie above the background.",
)
@click.option(
    "--hours",
    type=click.FloatRange(0.01, 100),
    default=1.0,
    show_default=True,
    help="The length of each of the two streams.",
)
@click.option(
    "--per-hour",
    type=click.FloatRange(0, 1000),
    default=0.5,
    show_default=True,
    help="The false accepts an hour that the threshold is chosen for.",
)
@click.option("--dataset", help="The data, by name or by a recipe's file (default: the model's).")
@data_dir_option
@click.option(
    "--features",
    type=FILE,
    help="For a model that does not carry them: a TOML file with [features], [listen].",
)
@seed_option
@click.option(
    "--out",
    type=FOLDER,
    default=Path("det"),
    show_default=True,
    help="Where detection.json (for `tinyrob report`) and listen.toml go.",
)
@json_option
def command(
    model: str | None,
    snr: float,
    hours: float,
    per_hour: float,
    dataset: str | None,
    data_dir: Path | None,
    features: Path | None,
    seed: int,
    out: Path,
    as_json: bool,
) -> None:
    """Measure how often MODEL hears what was not said, and misses what was.

    Recordings of the validation and of the test split are put into two long streams of background
    noise. The smallest threshold with at most --per-hour false accepts an hour is chosen on the
    first, and measured on the second. `tinyrob build MODEL --app listen --features
    OUT/listen.toml` takes it into the firmware.
    """
    from rich.table import Table

    from tinyrob.build.detection import measure
    from tinyrob.listen.tables import read_front
    from tinyrob.pipeline import load

    front = read_front(features)
    found = measure(
        load(model), out, snr=snr, hours=hours, per_hour=per_hour, dataset=dataset,
        data_dir=data_dir, given=front.features, how=front.decisions, seed=seed,
    )  # fmt: skip
    told = found.to_dict()
    if as_json:
        emit_json(told)
        return
    table = Table(title=f"{told['model']}: words {snr:g} dB above the background, "
                        f"{hours:g} h of each split")  # fmt: skip
    for column in ("threshold", "false accepts an hour", "at most (95 %)", "false rejects"):
        table.add_column(column, justify="right")
    rows = told["curve"]
    shown = [row for i, row in enumerate(rows) if i % 5 == 0 or row["threshold"] == found.chosen]
    for row in shown:
        test = row["test"]
        table.add_row(
            f"{row['threshold']:.2f}",
            f"{test['false_accepts_per_hour']:.2f}",
            f"{test['false_accepts_per_hour_at_most']:.2f}",
            f"{test['false_reject_share']:.1%} of {test['words']:,}",
            style="bold" if row["threshold"] == found.chosen else None,
        )
    stdout().print(table)
    if not found.met:
        say(f"note: no threshold has {per_hour:g} false accepts an hour on validation: "
            f"{found.chosen:.2f} has the fewest", err=True)  # fmt: skip
    then = f"tinyrob build {model or told['model']} --app listen --features {out / 'listen.toml'}"
    say(f"threshold {found.chosen:.2f}, chosen on validation; next: {then} --target T")
