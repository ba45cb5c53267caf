"""Attack somebody's .tflite: any int8 file, with your own inputs and labels.

    python examples/attack_a_tflite.py MODEL.tflite INPUTS.npy LABELS.npy

The inputs are real values (N, ...), as the network's maker fed them; without arguments it takes a
file that it writes itself, as if it had come by mail.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np

import tinyrob
from tinyrob.data import digits


def by_mail(folder: Path) -> tuple[Path, Path, Path]:
    """A .tflite, inputs and labels, as somebody may have sent them."""
    dataset = digits.load()
    tinyrob.load("digits-stq-jr").export_tflite(folder / "model.tflite")
    np.save(folder / "inputs.npy", (dataset.x_test[:60].astype(np.float32) - 128) / 128)
    np.save(folder / "labels.npy", dataset.y_test[:60])
    return folder / "model.tflite", folder / "inputs.npy", folder / "labels.npy"


def main() -> None:
    """Prints what the network keeps under attack, by TFLite Micro and by the C made from it."""
    with tempfile.TemporaryDirectory() as scratch:
        given = [Path(name) for name in sys.argv[1:]] or by_mail(Path(scratch))
        file, inputs, labels = given
        build = tinyrob.load(file).build("stm32")
        x, y = build.quantize(np.load(inputs)), np.load(labels)

        report = build.validate(on=["tflm", "host"], inputs=x, labels=y)
        print(report)
        report.check()

        attack = build.attack(
            attacks=["fgsm", "pgd-20", "square"],
            eps=[4, 8],
            on=["tflm", "host"],
            inputs=x,
            labels=y,
            out=Path(scratch) / "attack",
        )
        print(attack)
        for row in attack.attacks:
            print(f"{row.name:12} eps {row.eps:g}: {attack.accuracy(row.name, row.eps):.1%}")


if __name__ == "__main__":
    main()
