"""Every precondition of freeze has its own error, which names the layer and says what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from support.keras_layers import act, bits, conv, dense, flat, layers, logits, model, relu, two
from tinyrob.errors import FreezeError
from tinyrob.freeze import freeze
from tinyrob.models.quantizers import ReluGrid
from tinyrob.tf import keras, qkeras, tensorflow


def _with_weights(result: Any, name: str, value: float) -> Any:
    layer = result.get_layer(name)
    layer.set_weights([np.full_like(w, value) for w in layer.get_weights()])
    return result


def _shared() -> Any:
    again = conv(2, name="again")
    return model(again, act(relu(4, 1)), again, logits())


def _bare_operation() -> Any:
    return two(lambda x, c: act(bits(8))(act(bits(8))(c) + x))


def _many(inputs: int, outputs: int) -> Any:
    xs = [keras().Input((4, 4, 2)) for _ in range(inputs)]
    x = layers().Add()([act(bits(8))(x) for x in xs]) if inputs > 1 else act(bits(8))(xs[0])
    return keras().Model(xs, [act(bits(8))(x) for _ in range(outputs)])


def _subclass() -> Any:
    class Own(keras().Model):
        pass

    return Own(name="own")


def _bernoulli() -> Any:
    tensorflow().random.set_seed(1)
    return qkeras().bernoulli(alpha=1.0)


# What breaks the rule; words of the message, the offender's name among them; words of the hint.
CASES: dict[str, tuple[Callable[[], Any], str, str]] = {
    "input of 4 bits": (
        lambda: model(conv(), logits(), pixels=bits(4)),
        "'pixels': the input has 16 values",
        "8-bit quantizer",
    ),
    "a ReLU with a limit": (
        lambda: model(conv(), layers().ReLU(6.0, name="a")),
        "'a': a ReLU with a limit",
        "quantized_relu",
    ),
    "softmax inside": (
        lambda: flat(dense(), logits(), layers().Softmax(name="s"), dense()),
        "'s' is a softmax",
        "logits",
    ),
    "pixels over 100": (
        lambda: model(layers().Rescaling(1 / 100, name="r"), act(bits(8)), pixels=False),
        "'r' rescales the input by 0.01",
        "(u8 - 128) / 128",
    ),
    "one signed bit": (
        lambda: model(conv(), act(bits(1), "a")),
        "'a'.*sign function",
        "quantized_relu",
    ),
    "activation of 9 bits": (
        lambda: model(conv(), act(relu(9, 2), "a")),
        "'a': an activation of 9 bits",
        "2 to 8 bits",
    ),
    "negative integer bits": (
        lambda: model(conv(), act(ReluGrid(4, -1), "a")),
        "'a': QKeras cannot compute with -1 integer bits",
        "integer=0",
    ),
    "activation that is a subclass of another": (
        lambda: model(conv(), act(qkeras().quantized_hswish(4, 2, 0, alpha=1), "a")),
        "'a': the activation quantized_hswish",
        "quantized_bits",
    ),
    "activation with a slope": (
        lambda: model(conv(), act(relu(4, 2, negative_slope=0.25), "a")),
        "'a'.*does not round",
        "slope",
    ),
    "activation with a gain": (
        lambda: model(conv(), act(bits(4, 2, alpha=0.5), "a")),
        "'a'.*does not round",
        "alpha at 1",
    ),
    "activation with noise": (
        lambda: model(conv(), act(relu(4, 2, qnoise_factor=0.5), "a")),
        "'a'.*does not round",
        "noise",
    ),
    "float kernel": (
        lambda: model(conv(kernel_quantizer=None, name="c"), logits()),
        "'c' has no kernel quantizer",
        "ternary",
    ),
    "float scale": (
        lambda: model(conv(kernel_quantizer=qkeras().ternary(alpha="auto"), name="c"), logits()),
        "'c'.*alpha='auto'.*not a power of two",
        "auto_po2",
    ),
    "scale of 0.3": (
        lambda: model(conv(kernel_quantizer=bits(4, alpha=0.3), name="c"), logits()),
        "'c'.*alpha=0.3.*not a power of two",
        "alpha=1",
    ),
    "random kernel": (
        lambda: model(conv(4, 4, kernel_quantizer=_bernoulli(), name="c"), logits()),
        "'c'.*other values each time",
        "stochastic_ternary",
    ),
    "kernel not finite": (
        lambda: _with_weights(model(conv(name="c"), logits()), "c", np.nan),
        "'c'.*not finite|'c'.*each time",
        "",
    ),
    "bias not finite": (
        lambda: _with_weights(flat(dense(name="d"), logits()), "d", np.inf),
        "'d' has a bias that is not finite",
        "train",
    ),
    "kernel of 10 bits": (
        lambda: flat(dense(8, kernel_quantizer=bits(10), name="d"), logits()),
        "'d': the kernel of channel 0 does not fit 8 bits",
        "at most 6 bits",
    ),
    "accumulators beyond float32": (
        lambda: _with_weights(
            flat(dense(bias_quantizer=bits(28, 15), name="d"), act(bits(8))), "d", 2e4
        ),
        "'d': accumulators of channel 0 can reach .* float32",
        "bias",
    ),
    "normalization of rows": (
        lambda: model(layers().BatchNormalization(axis=1, epsilon=0.0, name="n"), logits()),
        r"'n' normalizes axis \[1\]",
        "last axis",
    ),
    "padded average": (
        lambda: model(layers().AveragePooling2D(2, 1, "same", name="p"), logits()),
        "'p': an average over a padded border",
        "valid",
    ),
    "sum of three": (
        lambda: two(lambda x, c: act(bits(8))(layers().Add(name="s")([x, x, act(bits(8))(c)]))),
        "'s' adds 3 tensors",
        "two at a time",
    ),
    "sum of two shapes": (
        lambda: two(
            lambda x, c: act(bits(8))(
                layers().Add(name="s")([x, layers().MaxPooling2D(4)(act(bits(8))(c))])
            )
        ),
        r"'s' adds shapes \(4, 4, 2\) and \(1, 1, 2\)",
        "one shape",
    ),
    "concatenation of rows": (
        lambda: two(lambda x, c: layers().Concatenate(1, name="j")([x, act(bits(8))(c)])),
        "'j' concatenates along axis 1",
        "last axis",
    ),
    "groups": (
        lambda: model(conv(groups=2, name="c"), logits()),
        "'c': a convolution of 2 groups",
        "QDepthwiseConv2D",
    ),
    "channels first": (
        lambda: model(conv(data_format="channels_first", name="c"), logits()),
        "'c' has its channels first",
        "channels_last",
    ),
    "plain Keras layer": (
        lambda: model(layers().Conv2D(2, 1, name="c"), logits()),
        "'c' is a Conv2D",
        "use QConv2D",
    ),
    "unknown layer": (
        lambda: model(layers().UpSampling2D(name="u"), logits()),
        "'u' is a UpSampling2D, which freeze does not take",
        "it takes",
    ),
    "model in the model": (
        lambda: model(model(conv(), logits()), act(bits(8, 4))),
        "is a Functional",
        "into the model itself",
    ),
    "bare operation": (_bare_operation, "is a TFOpLambda", "a layer"),
    "layer applied twice": (_shared, "'again' is applied 2 times", "one layer"),
    "unknown size": (
        lambda: model(conv(), logits(), shape=(None, 4, 2)),
        "not all sizes are known",
        "fixed shape",
    ),
    "two inputs": (lambda: _many(2, 1), "the model has 2 inputs", "exactly one"),
    "two outputs": (lambda: _many(1, 2), "the model has 2 outputs", "exactly one"),
    "subclassed model": (_subclass, "'own' is not a functional", "keras.Model"),
    "taken name": (
        lambda: model(
            act(bits(4, 0), "p_pooled"), layers().GlobalAveragePooling2D(), act(bits(8, 0), "p")
        ),
        "'p_pooled': two tensors",
        "rename",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_broken_rule_is_refused_by_name(case):
    build, message, hint = CASES[case]
    with pytest.raises(FreezeError, match=message) as caught:
        freeze(build(), "broken")

    assert hint in (caught.value.hint or "")


def test_all_that_is_wrong_is_said_at_once() -> None:
    broken = model(
        layers().Conv2D(2, 1, name="c"),
        conv(kernel_quantizer=None, name="d"),
        act(relu(9, 2), "a"),
        layers().UpSampling2D(name="u"),
        conv(groups=2, name="g"),
        logits(),
    )
    with pytest.raises(FreezeError) as caught:
        freeze(broken, "broken")
    assert "5 things stand in the way" in caught.value.message
    assert all(f"{name!r}" in caught.value.message for name in "cdaug")
    assert len(caught.value.obstacles) == 5
    assert all(obstacle.hint for obstacle in caught.value.obstacles)
