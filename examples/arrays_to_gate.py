"""From arrays to a gate: train on your own arrays, build firmware, attack it, demand a figure.

    python examples/arrays_to_gate.py [EPOCHS]

Put your own uint8 arrays in place of ``arrays()``; the recipe is a shipped one.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import tinyrob

EPOCHS = int(sys.argv[1]) if len(sys.argv) > 1 else 40


def arrays() -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.uint8], NDArray[np.int64]]:
    """Bright strokes on a dark ground: upright, lying, or two crossing. x and y, train and test."""
    generator = np.random.default_rng(0)
    x = generator.integers(0, 60, (1200, 8, 8, 1)).astype(np.uint8)
    y = generator.integers(0, 3, 1200)
    for image, kind in zip(x, y, strict=True):
        row, column = generator.integers(1, 7, 2)
        if kind in (0, 2):
            image[:, column] += 180
        if kind in (1, 2):
            image[row] = np.maximum(image[row], 180)
    return x[:1000], y[:1000], x[1000:], y[1000:]


def main() -> None:
    """Trains, builds, validates, attacks; ends with an error where the gate falls."""
    x, y, x_test, y_test = arrays()
    with tempfile.TemporaryDirectory() as scratch:
        run = tinyrob.train(
            "digits-stq-jr", (x, y, x_test, y_test), epochs=EPOCHS, out=Path(scratch) / "run"
        )
        print(run)

        build = run.model.build("stm32")
        print(build)

        inputs = (x_test.astype(np.int16) - 128).astype(np.int8)  # the network's own int8 inputs
        build.validate(on=["tflm", "host"], inputs=inputs, labels=y_test).check()

        attack = build.attack(
            attacks=["fgsm", "pgd-20"],
            eps=[4, 8],
            on=["tflm", "host"],
            inputs=inputs,
            labels=y_test,
            gate=tinyrob.Gate(clean=0.5, attacks=(tinyrob.Demand("pgd-20", "linf", 4, 0.3),)),
            out=Path(scratch) / "attack",
        )
        print(attack)
        attack.check()


if __name__ == "__main__":
    main()
