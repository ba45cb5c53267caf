"""``tinyrob certify``: proofs about the device's integers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tinyrob.cli._common import (
    FILE,
    MADE_FILE,
    data_dir_option,
    emit_json,
    json_option,
    progress,
    stdout,
    workers_option,
)

if TYPE_CHECKING:
    from tinyrob.certify.certificate import Certificate


@click.command()
@click.argument("model", required=False)
@click.option("--eps", type=click.IntRange(0, 255), help="L-inf radius, in int8 steps.")
@click.option(
    "--samples", type=click.IntRange(min=1), default=1000, show_default=True, help="How many."
)
@click.option("--dataset", help="The data (default: what the model was trained on).")
@data_dir_option
@click.option("--input", "inputs", type=FILE, help="Own int8 inputs (N, ...) as .npy …")
@click.option("--labels", type=FILE, help="… and their class numbers.")
@click.option(
    "--out",
    type=MADE_FILE,
    help="Where the certificate goes, as JSON.",
)
@click.option(
    "--parts",
    type=click.IntRange(min=0),
    default=50,
    show_default=True,
    help="Cut balls that nothing else decides into so many.",
)
@click.option("--check", "kept", type=FILE, help="Check this certificate, and make none.")
@click.option("--at-least", type=click.FloatRange(0, 1), help="Fail below this certified share.")
@workers_option
@json_option
def command(
    model: str | None,
    eps: int | None,
    samples: int,
    dataset: str | None,
    data_dir: Path | None,
    inputs: Path | None,
    labels: Path | None,
    out: Path | None,
    kept: Path | None,
    at_least: float | None,
    workers: str | None,
    parts: int,
    as_json: bool,
) -> None:
    """Prove for inputs of MODEL that nothing within eps changes their class.

    MODEL is a zoo name, a run's or build's folder, a .tflite or a QKeras model. Of each input the
    verdict is certified (no int8 input of the ball is of another class: a proof about the very
    integers that the device computes), falsified (one is: it is kept) or unknown. A certificate
    names the network, the firmware and the data by their digests; --check proves it all again.
    """
    from tinyrob.attack.settings import Settings
    from tinyrob.certify.ask import certify, check_certificate
    from tinyrob.errors import CheckFailed

    settings = Settings(
        dataset=dataset, data_dir=data_dir, inputs=inputs, labels=labels, workers=workers
    )
    if kept is not None:
        found = check_certificate(model, kept, settings)
    elif eps is None:
        raise click.UsageError("name a radius: --eps 8; or a certificate: --check FILE")
    else:
        with progress("inputs", samples) as more:
            done = [0]

            def watch(count: int) -> None:
                more(count - done[0])
                done[0] = count

            found = certify(model, eps, samples, settings, watch, parts)
    if out is not None and kept is None:
        found.write(out)
    if as_json:
        emit_json(found.to_dict())
    else:
        _print(found, out, kept)
    certified = found.to_dict()["certified"]
    if at_least is not None and certified < at_least:
        raise CheckFailed(
            f"{certified:.2%} are certified at eps {found.eps}, not {at_least:.2%}",
            'train for it: adversarial.method = "ibp"',
        )


def _print(found: Certificate, out: Path | None, kept: Path | None) -> None:
    values = found.to_dict()
    screen = stdout()
    screen.print(
        f"{found.model}, {values['samples']:,} inputs of {found.dataset or 'yours'}, L-inf eps "
        f"{found.eps}: clean {found.clean:.2%}, certified {values['certified']:.2%}, not falsified "
        f"{values['not_falsified']:.2%}",
        soft_wrap=True,
    )
    for name, count in sorted(found.counts.items()):
        screen.print(f"{count:>7,}  {name}")
    if kept is not None:
        screen.print(f"{kept} holds: every proof was made again, every counterexample run")
    elif out is not None:
        screen.print(f"{out}; `tinyrob certify MODEL --check {out}` checks it", soft_wrap=True)
