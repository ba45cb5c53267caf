"""Makes models with Keras 3, in a program of its own: `python keras3_models.py FOLDER`.

Beside each file, what it gives for some inputs: an .npz of `x` and `y`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import keras
import numpy as np

L = keras.layers


def sequential() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            L.Conv2D(4, 3, use_bias=False),
            L.BatchNormalization(),
            L.ReLU(),
            L.MaxPooling2D(),
            L.Dropout(0.2),
            L.SeparableConv2D(6, 3, padding="same", activation="relu"),
            L.Flatten(),
            L.Dense(10, activation="softmax"),
        ]
    )


def functional() -> keras.Model:
    inner = keras.Sequential([keras.Input((8, 8, 4)), L.Conv2D(4, 3), L.ReLU()], name="inner")
    x = keras.Input((8, 8, 1))
    a = L.Conv2D(4, 3, padding="same", name="a.b")(x)
    b = L.BatchNormalization()(L.Conv2D(4, 3, padding="same")(a))
    y = inner(L.Activation("relu")(L.Add()([a, b])))
    y = L.Concatenate()([y, L.LeakyReLU(negative_slope=0.2)(y)])
    return keras.Model(x, L.Dense(10)(L.GlobalAveragePooling2D()(y)))


def sequence() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((16, 3)),
            L.Conv1D(4, 3, padding="causal", dilation_rate=2, activation="relu"),
            L.GlobalMaxPooling1D(),
            L.Dense(4),
        ]
    )


def gated() -> keras.Model:
    x = keras.Input((8,))
    y = L.Dense(8, activation="silu")(x)
    return keras.Model(x, L.Dense(2)(keras.ops.multiply(y, y)))


def main(folder: Path) -> None:
    keras.utils.set_random_seed(1)
    generator = np.random.default_rng(2)
    for make in (sequential, functional, sequence, gated):
        model = make()
        for variable in model.weights:
            if variable.name in ("moving_mean", "moving_variance", "gamma", "bias"):
                variable.assign(generator.uniform(0.3, 1.5, variable.shape))
        x = generator.uniform(-1, 1, (20, *model.input_shape[1:])).astype(np.float32)
        for suffix in (".keras", ".h5"):
            model.save(folder / f"{make.__name__}{suffix}")
        np.savez(folder / f"{make.__name__}.npz", x=x, y=np.asarray(model(x)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
