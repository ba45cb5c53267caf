"""What a Keras file may ask for: the layers, quantizers and functions that freeze takes, no other.

Keras makes objects from names in a file: classes of any module, functions of TensorFlow, marshalled
code. So the configuration is read here, as data, and every name in it is looked up in the tables
below; what is not in them is refused before Keras sees the file. Allowed, not forbidden: a class or
an option that a later Keras brings is refused until somebody has looked at it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tinyrob.files import names
from tinyrob.freeze import INSTEAD, LAYERS

_KERAS = frozenset({"keras.layers", "tf_keras.layers"})
_MODEL_MODULES = frozenset(
    {f"{top}{rest}" for top in ("keras", "tf_keras") for rest in ("", ".models", ".engine")}
    | {f"tf_keras.src.engine.{kind}" for kind in ("functional", "sequential", "training")}
    | {f"keras.src.engine.{kind}" for kind in ("functional", "sequential", "training")}
)
_QKERAS = frozenset(
    {
        "qkeras",
        "qkeras.qlayers",
        "qkeras.qconvolutional",
        "qkeras.qnormalization",
        "qkeras.qpooling",
        "qkeras.qconv2d_batchnorm",
        "qkeras.qdepthwiseconv2d_batchnorm",
    }
)
_MODELS = frozenset({"Functional", "Sequential", "Model"})
_QUANTIZERS = frozenset(
    {
        "quantized_bits",
        "quantized_relu",
        "ternary",
        "stochastic_ternary",
        "binary",
        "stochastic_binary",
        # Batch normalizations quantize their parameters with these.
        "quantized_po2",
        "quantized_relu_po2",
    }
)
_INITIALIZERS = frozenset(
    {"Zeros", "Ones", "Constant", "Identity", "Orthogonal", "VarianceScaling"}
    | {f"{kind}{shape}" for kind in ("Random", "Glorot", "He", "Lecun") for shape in
       ("Normal", "Uniform")}
    | {"TruncatedNormal"}
)  # fmt: skip
_REGULARIZERS = frozenset({"L1", "L2", "L1L2"})
_CONSTRAINTS = frozenset({"MaxNorm", "NonNeg", "UnitNorm", "MinMaxNorm"})


def _of_keras(kind: str) -> frozenset[str]:
    return frozenset({f"keras.{kind}", f"tf_keras.{kind}"})


Classes = Mapping[str, frozenset[str]]

CLASSES: Classes = {
    **dict.fromkeys(LAYERS, _KERAS),
    **{name: _QKERAS for name in LAYERS if name.startswith("Q")},
    "PowerOfTwoBatchNormalization": frozenset({"tinyrob.models.layers"}),
    **dict.fromkeys(_MODELS, _MODEL_MODULES),
    **dict.fromkeys(_QUANTIZERS, frozenset({"qkeras", "qkeras.quantizers"})),
    **dict.fromkeys(("QInitializer", "Clip"), frozenset({"qkeras", "qkeras.qlayers"})),
    **dict.fromkeys(
        ("ReluGrid", "SignedGrid", "SeededTernary"), frozenset({"tinyrob.models.quantizers"})
    ),
    **dict.fromkeys(_INITIALIZERS, _of_keras("initializers")),
    **dict.fromkeys(_REGULARIZERS, _of_keras("regularizers")),
    **dict.fromkeys(_CONSTRAINTS, _of_keras("constraints")),
    "Policy": _of_keras("mixed_precision"),
}
"""A class's name to the modules that it may be said to be of (none said is allowed, too)."""

FLOAT_LAYERS = frozenset(
    """
        Conv2D DepthwiseConv2D SeparableConv2D Conv1D Dense ReLU LeakyReLU PReLU ELU
        Multiply Subtract Average Maximum Minimum Permute LayerNormalization ZeroPadding1D
        MaxPooling1D AveragePooling1D GlobalAveragePooling1D GlobalMaxPooling1D Cropping2D
        UpSampling2D Conv2DTranspose Normalization AlphaDropout SpatialDropout1D
    """.split()  # noqa: SIM905 - one list, to be read as one
)
"""Layers of float networks: freeze takes none, but an attack may use such a network."""

_ACTIVATIONS = frozenset(
    """
        linear relu relu6 softmax sigmoid tanh elu selu swish gelu softplus softsign
        hard_sigmoid exponential leaky_relu
    """.split()  # noqa: SIM905 - one list, to be read as one
)
"""Harmless, though freeze takes the first only: it says what to use in place of the others."""
_CALL = re.compile(r"([A-Za-z_0-9]+)(\([\w .,=+'\"-]*\))?", re.ASCII)
_OBJECTS = re.compile(
    r"activation|.*_(quantizer|initializer|regularizer|constraint|range)|initializer|quantizer"
)
"""Options whose texts are names of objects."""
_TEXTS = frozenset(
    """
        name dtype padding data_format interpolation alpha folding_mode log2_rounding
        var_name mode distribution keras_version backend date_saved
    """.split()  # noqa: SIM905 - one list, to be read as one
)
"""Options whose texts are only texts."""
_PLACES = frozenset({"inbound_nodes", "input_layers", "output_layers"})
"""Where texts are names of layers."""
_STRUCTURES = frozenset({"__tuple__", "TensorShape"})
_CONTROL = ("class_name", "module", "registered_name")


def refused(config: Any, also: frozenset[str] = frozenset()) -> list[str]:
    """Everything in a model's configuration that may not be loaded, each with its layer.

    ``also`` are Keras' own layers that are allowed beside those of freeze.
    """
    classes = {**CLASSES, **dict.fromkeys(also, _KERAS)}
    return list(dict.fromkeys(_refused(config, classes)))


def _refused(config: Any, classes: Classes) -> Iterator[str]:
    kind = config.get("class_name") if isinstance(config, dict) else None
    if not isinstance(kind, str) or kind not in _MODELS:
        yield f"the model is {_shown(kind)}, not one of {', '.join(sorted(_MODELS))}"
    top = config
    if isinstance(config, dict):  # the optimizer and such: nobody compiles the model
        top = {key: value for key, value in config.items() if key != "compile_config"}
    waiting: list[tuple[Any, str, str]] = [(top, "", "the model")]
    while waiting:
        value, key, layer = waiting.pop()
        if isinstance(value, list):
            waiting += [(item, key, layer) for item in reversed(value)]
        elif isinstance(value, dict):
            if "class_name" in value:
                layer = _layer(value, layer)
                yield from (f"{layer}: {why}" for why in _object(value, classes))
                if not _known(value, classes):
                    continue  # its options are its own
            inner = [
                (item, key if name == "items" else name, layer)
                for name, item in value.items()
                if name not in _CONTROL or "class_name" not in value
            ]
            waiting += reversed([(v, k if key not in _PLACES else key, la) for v, k, la in inner])
        elif isinstance(value, str):
            why = _text(key, value)
            if why is not None:
                yield f"{layer}: {why}"


def _layer(value: dict[str, Any], outer: str) -> str:
    """What to call the layer that an object is, or is part of."""
    config = value.get("config")
    kind = value.get("class_name")
    if isinstance(config, dict) and isinstance(config.get("name"), str) and kind != "Policy":
        return f"layer {names.safe(config['name'])[:80]!r}"
    return outer


def _known(value: dict[str, Any], classes: Classes) -> bool:
    kind = value["class_name"]
    return isinstance(kind, str) and (kind in _STRUCTURES or kind in classes)


def _object(value: dict[str, Any], classes: Classes) -> Iterator[str]:
    kind, module, registered = (value.get(key) for key in _CONTROL)
    if not _known(value, classes):
        instead = INSTEAD.get(kind) if isinstance(kind, str) else None
        function = (value.get("config") or {}) if isinstance(value.get("config"), dict) else {}
        called = function.get("function")
        yield (
            f"{_shown(kind)}"
            + (f" of the function {_shown(called)}" if isinstance(called, str) else "")
            + (f" of the module {_shown(module)}" if isinstance(module, str) else "")
            + (f" ({instead})" if instead else "")
        )
        return
    if kind in _STRUCTURES:
        return
    if module is not None and (not isinstance(module, str) or module not in classes[str(kind)]):
        yield f"{kind} of the module {_shown(module)}"
    if registered is not None and (
        not isinstance(registered, str) or registered.rpartition(">")[2] != kind
    ):
        yield f"{kind} registered as {_shown(registered)}"
    if value.get("compile_config") is not None:
        yield f"{kind} with a compile_config of its own"
    config = value.get("config")
    if isinstance(config, dict) and "name" in config and kind != "Policy":
        why = names.complaint(config["name"])
        if why is not None:
            yield f"its name {why}"


def _text(key: str, value: str) -> str | None:
    if key in _TEXTS or key in _PLACES:
        return None
    if not _OBJECTS.fullmatch(key):
        return f"the option {_shown(key)} = {_shown(value)}"
    call = _CALL.fullmatch(value)
    called = call[1] if call else ""
    if called in _QUANTIZERS or (
        call and call[2] is None and (called in _ACTIVATIONS or _camel(called) in CLASSES)
    ):
        return None
    return f"{_shown(value)} as {key}"


def _camel(name: str) -> str:
    """``glorot_uniform`` as ``GlorotUniform``: Keras knows its functions by both."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def _shown(value: Any) -> str:
    return repr(names.safe(value)[:80]) if isinstance(value, str) else f"a {type(value).__name__}"
