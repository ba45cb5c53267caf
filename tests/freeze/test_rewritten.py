"""What a QKeras model leaves open, or has off every power-of-two grid, is rewritten and said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from support.keras_layers import act, bits, conv, dense, flat, layers, logits, model, relu, two
from tinyrob.deployable import from_frozen
from tinyrob.freeze import freeze
from tinyrob.freeze.probe import made_up
from tinyrob.frozen.io import load_frozen, save_frozen
from tinyrob.frozen.model import FrozenModel, Grid
from tinyrob.frozen.reference import to_qkeras
from tinyrob.frozen.to_graph import to_graph
from tinyrob.tf import keras, qkeras


def _forked() -> Any:
    def fork(x: Any, c: Any) -> Any:
        return layers().Concatenate()([act(relu(4, 1))(c), act(relu(4, 1))(c)])

    return two(fork)


def sequence(*behind: Any) -> Any:
    return model(*behind, shape=(12, 3))


def conv1d(**options: Any) -> Any:
    return qkeras().QConv1D(4, 3, kernel_quantizer=bits(4), name="c", **options)


def separable(**options: Any) -> Any:
    kinds = {"depthwise_quantizer": bits(4), "pointwise_quantizer": bits(4), "name": "s"}
    return qkeras().QSeparableConv2D(4, 3, **kinds, **options)


# The model; the layer that is told of (None: nothing is), words of it; the largest difference, in
# shares of the logits: 0, it is exact.
CASES: dict[str, tuple[Callable[[], Any], str | None, str, float]] = {
    "no input quantizer": (
        lambda: model(conv(name="c"), logits(), pixels=False), "image", "(byte - 128) / 128", 0),
    "pixels over 255": (
        lambda: model(layers().Rescaling(1 / 255, name="r"), conv(), logits(), pixels=False),
        "r", "the input's own grid", 0.02),
    "pixels from -1 to 1": (
        lambda: model(layers().Rescaling(1 / 127.5, -1, name="r"), conv(), logits(), pixels=False),
        "r", "step 2**-7", 0.02),
    "symmetric activation": (
        lambda: model(conv(), act(bits(8, 2, symmetric=1), "a")), None, "", 0),
    "symmetric input": (
        lambda: model(conv(), logits(), pixels=bits(8, symmetric=1)), None, "", 0),
    "an activation of another kind": (
        lambda: model(conv(), act(qkeras().quantized_tanh(4), "a")), None, "", 0),
    "ternary activation": (
        lambda: model(conv(), act(qkeras().ternary(alpha=1, threshold=0.5), "a")), None, "", 0),
    "float activation": (
        lambda: model(conv(), layers().Activation("relu", name="a")), "a", "no quantizer", 0.02),
    "float activation of the layer": (
        lambda: model(conv(activation="relu", name="c")), "c", "no quantizer behind it", 0.02),
    "ReLU behind a grid": (lambda: model(conv(), logits(), layers().ReLU()), None, "", 0),
    "softmax layer": (
        lambda: flat(dense(), logits(), layers().Softmax(name="s")), "s", "left out", 0),
    "softmax activation": (
        lambda: flat(dense(), logits(), layers().Activation("softmax", name="s")),
        "s", "left out", 0),
    "softmax in the dense layer": (
        lambda: flat(dense(activation="softmax", name="d")), "d", "made-up inputs", 0.02),
    "no activation": (
        lambda: model(conv(name="c"), conv(name="d"), logits()), "c", "no quantizer", 0.05),
    "no activation before a pool": (
        lambda: model(conv(name="c"), layers().MaxPooling2D(name="m"), logits()),
        "c", "no quantizer behind it", 0.05),
    "logits without a grid": (lambda: flat(dense(name="d")), "d", "made-up inputs", 0.02),
    "gain that is no power of two": (
        lambda: model(conv(name="c"), layers().BatchNormalization(epsilon=2.0, name="n"), logits()),
        "n", "rounded to 8 bits", 0.02),
    "normalization of a flat tensor": (
        lambda: flat(layers().BatchNormalization(epsilon=0.0), logits()), None, "", 0),
    "normalization of a pooled tensor": (
        lambda: model(
            layers().GlobalAveragePooling2D(), layers().BatchNormalization(epsilon=0.0), logits()),
        None, "", 0),
    "average of nine": (
        lambda: model(layers().AveragePooling2D(3, name="p"), logits()), "p", "1 / 9", 0.05),
    "global average of twelve": (
        lambda: model(layers().GlobalAveragePooling2D(name="p"), logits(), shape=(3, 4, 2)),
        "p", "averages 12 values", 0.05),
    "residual steps": (
        lambda: two(lambda x, c: act(bits(8, 1))(layers().Add(name="s")([x, act(bits(8, 1))(c)]))),
        "s", "is put on 2**-6", 0.03),
    "concatenation of grids": (
        lambda: two(lambda x, c: layers().Concatenate(name="j")([x, act(relu(8, 1))(c)])),
        "j", "is put on 2**-6", 0.03),
    "another step behind Flatten": (lambda: flat(act(bits(4), "a"), dense(), logits()),
        None, "", 0),
    "dense on an image": (lambda: model(dense(name="d"), logits()), None, "", 0),
    "two quantizers": (_forked, "c", "no quantizer behind it", 0.06),
    "a sequence": (
        lambda: sequence(
            conv1d(padding="causal", dilation_rate=2), act(relu(4, 2)), layers().MaxPooling1D(2),
            layers().ZeroPadding1D(1), layers().AveragePooling1D(2), act(bits(8, 1)),
            dense(), act(bits(8, 2)), layers().GlobalMaxPooling1D()), None, "", 0),
    "a separable convolution": (
        lambda: model(separable(), act(bits(8, 3))), "s", "between its two", 0.05),
    "a separable convolution of a sequence": (
        lambda: sequence(
            qkeras().QSeparableConv1D(4, 3, depthwise_quantizer=bits(4), name="s",
                pointwise_quantizer=bits(4), padding="same"), act(bits(8, 3)),
            layers().GlobalMaxPooling1D(), act(bits(8, 3))), "s", "between its two", 0.1),
}  # fmt: skip


@pytest.fixture(autouse=True)
def same_weights() -> None:
    """Largest differences are told of these weights: among others, more near-ties may turn."""
    keras().utils.set_random_seed(1)


def moved(built: Any) -> Any:
    """Biases and offsets that training has moved off every grid."""
    generator = np.random.default_rng(2)
    for variable in built.weights:
        if any(word in variable.name for word in ("bias", "beta", "mean")):
            variable.assign(generator.normal(0, 0.1, variable.shape))
    return built


@pytest.mark.parametrize("case", CASES)
def test_it_is_rewritten_and_said(case: str, tmp_path: Any) -> None:
    build, layer, words, share = CASES[case]
    built = moved(build())
    frozen = freeze(built, "it")
    told = dict(frozen.metadata.get("rewritten", []))
    assert set(told) == ({layer} if layer else set()) or "dense" in case, told
    assert words in told.get(layer or "", "")
    assert ("difference" in frozen.metadata) == (share > 0)
    x = made_up(frozen.input.shape, frozen.input.grid)
    theirs = x / np.float32(frozen.input.grid.step) - np.float32(frozen.input.grid.lo)
    want = np.asarray(built(theirs if "pixels" in case else x, training=False))
    got = np.asarray(to_qkeras(frozen)(x, training=False)).reshape(want.shape)
    if "softmax" in case:
        got = np.exp(got) / np.exp(got).sum(1, keepdims=True)
    # Biases that are moved to where no accumulator is a tie may turn a near-tie, of any layer.
    size = float(np.abs(want).max())
    assert np.abs(got - want).max() <= max(share * size, 4 * frozen.output.grid.step) * 1.01
    assert (np.abs(got - want) > share * size + 1e-6).mean() < 0.2
    to_graph(frozen)
    save_frozen(frozen, tmp_path / "f.npz")
    assert load_frozen(tmp_path / "f.npz").metadata == frozen.metadata


def test_the_tutorials_model_takes_one_round() -> None:
    """Quantizers with symmetric=1, normalizations, a softmax, and nothing on the input."""
    four = {"kernel_quantizer": bits(4, 0, symmetric=1), "bias_quantizer": bits(4)}
    built = moved(
        model(
            qkeras().QConv2D(8, 3, name="c", **four),
            layers().BatchNormalization(name="n"),
            act(relu(4, 2)),
            layers().MaxPooling2D(),
            layers().Flatten(),
            qkeras().QDense(3, name="d", **four),
            layers().Activation("softmax", name="s"),
            shape=(8, 8, 1),
            pixels=False,
        )
    )
    frozen = freeze(built, "tutorial")
    assert [name for name, _ in frozen.metadata["rewritten"]] == ["image", "n", "s", "d"]
    assert frozen.metadata["difference"]["same_class"] > 0.9
    told = from_frozen(frozen).rewritten
    assert "layer 's': its softmax is left out: the network ends with its logits" in told
    assert "on 320 made-up inputs" in told[-1]


def test_a_symmetric_input_takes_the_lowest_byte_for_the_next() -> None:
    built = model(act(bits(8, symmetric=1), "again"), pixels=bits(8, symmetric=1), shape=(1, 1, 2))
    frozen = freeze(built, "it")
    assert isinstance(frozen, FrozenModel)
    assert frozen.input.grid == Grid(-7, -128, 127)
    x = np.array([[[[-1.0, 0.5]]]], np.float32)
    assert np.asarray(to_qkeras(frozen)(x)).tolist() == [[[[-127 / 128, 0.5]]]]


def test_the_difference_is_measured_on_the_inputs_own_grid() -> None:
    normalization = layers().BatchNormalization(epsilon=2.0, name="n")
    built = moved(flat(dense(3, name="d"), normalization, logits(), pixels=relu(8)))
    frozen = freeze(built, "it")
    assert frozen.input.grid == Grid(-8, 0, 255)
    x = made_up(frozen.input.shape, frozen.input.grid)
    got, want = to_qkeras(frozen)(x, training=False), built(x, training=False)
    largest = float(np.abs(np.asarray(got).reshape(want.shape) - want).max())
    assert frozen.metadata["difference"]["largest"] == largest
