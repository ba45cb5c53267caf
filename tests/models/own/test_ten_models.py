"""What ten models of users' become, by kind of file: the table in docs/reference/models.md."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinyrob import tf as tinyrob_tf
from tinyrob.build.inspection import inspect
from tinyrob.deployable import load_model
from tinyrob.models import recipe_file

tf = tinyrob_tf.tensorflow()
keras, qkeras = tinyrob_tf.keras(), tinyrob_tf.qkeras()
L = keras.layers

from tinyrob.freeze import freeze  # noqa: E402
from tinyrob.models import topologies  # noqa: E402

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "models.md"
RECIPE = """
name = "t"
dataset = "digits"
topology = {{ keras = "{}" }}
quantizers = {{ kernel = 6 }}
training = {{ epochs = {{ qat = 1 }} }}
"""


def picture() -> Any:
    return keras.Sequential([
        keras.Input((8, 8, 1)), L.Conv2D(4, 3), L.BatchNormalization(), L.ReLU(), L.MaxPooling2D(),
        L.Flatten(), L.Dense(10, activation="softmax"),
    ])  # fmt: skip


def residual() -> Any:
    x = keras.Input((8, 8, 1))
    a = L.ReLU()(L.BatchNormalization()(L.Conv2D(4, 3, padding="same")(x)))
    b = L.BatchNormalization()(L.DepthwiseConv2D(3, padding="same")(a))
    y = L.GlobalAveragePooling2D()(L.ReLU()(L.Add()([a, b])))
    return keras.Model(x, L.Dense(10)(y))


def by_the_rules() -> Any:
    def grid(bits: int, integer: int = 0) -> Any:
        return qkeras.quantized_bits(bits, integer, 0, alpha=1)

    x = keras.Input((8, 8, 1))
    y = qkeras.QActivation(grid(8))(x)
    y = qkeras.QConv2D(4, 3, kernel_quantizer=grid(4), bias_quantizer=grid(8))(y)
    y = L.Flatten()(qkeras.QActivation(qkeras.quantized_relu(4, 2))(y))
    y = qkeras.QDense(10, kernel_quantizer=grid(4), bias_quantizer=grid(8))(y)
    return keras.Model(x, qkeras.QActivation(grid(8, 4))(y))


def as_a_tutorial() -> Any:
    four: Any = {"kernel_quantizer": qkeras.quantized_bits(4, 0, 1),
                 "bias_quantizer": qkeras.quantized_bits(4, 0, 1)}  # fmt: skip
    x = keras.Input((8, 8, 1))
    y = L.BatchNormalization()(qkeras.QConv2D(4, 3, **four)(x))
    y = L.MaxPooling2D()(qkeras.QActivation("quantized_relu(4,2)")(y))
    y = qkeras.QDense(10, **four)(L.Flatten()(y))
    return keras.Model(x, L.Activation("softmax")(y))


def converted(how: str) -> bytes:
    model = picture()
    whole = tf.function(lambda x: model(x, training=False))
    one = whole.get_concrete_function(tf.TensorSpec((1, 8, 8, 1), tf.float32))
    converter = tf.lite.TFLiteConverter.from_concrete_functions([one], model)
    if how != "float":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if how == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if how in ("int8", "float borders", "int16"):
        samples = np.random.default_rng(0).uniform(-1, 1, (20, 1, 8, 8, 1)).astype(np.float32)
        converter.representative_dataset = lambda: ([sample] for sample in samples)
    ops = tf.lite.OpsSet
    if how in ("int8", "float borders"):
        converter.target_spec.supported_ops = [ops.TFLITE_BUILTINS_INT8]
    if how == "int16":
        int16 = ops.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
        converter.target_spec.supported_ops = [int16]
    if how == "int8":
        converter.inference_input_type = converter.inference_output_type = tf.int8
    with tinyrob_tf.native_stderr_closed():
        return bytes(converter.convert())


def of_float(path: Path) -> str:
    found = inspect(str(path), [])
    if found.obstacles:
        whats = ", ".join(obstacle.what for obstacle in found.obstacles)
        return f"named: {whats}; `quantize` for what it takes"
    recipe = recipe_file.parse(RECIPE.format(path.name), "t", path.parent)
    plan: Any = recipe.topology
    (classes,) = plan.shapes()[plan.steps[-1].name]
    frozen = freeze(topologies.build(recipe, plan.shape, classes), "t")
    assert frozen.exact
    return "trained on by a recipe, exact"


def of_qkeras(path: Path) -> str:
    network = load_model(str(path))
    if not network.rewritten:
        assert network.exact
        return "exact as it is"
    assert "logits differ by up to" in network.rewritten[-1]
    return f"rewritten in {len(network.rewritten) - 1} places; the difference is measured"


def of_tflite(path: Path) -> str:
    found = inspect(str(path), [])
    if not found.obstacles:
        return "exact as TFLite Micro computes it"
    return f"refused: {found.obstacles[0].what}"


def saved(model: Callable[[], Any], name: str) -> Callable[[Path, Path], Path]:
    def make(folder: Path, _: Path) -> Path:
        model().save(folder / name)
        return folder / name

    return make


def of_keras_3(name: str) -> Callable[[Path, Path], Path]:
    return lambda _, made: made / name


def tflite(how: str) -> Callable[[Path, Path], Path]:
    def make(folder: Path, _: Path) -> Path:
        (folder / "m.tflite").write_bytes(converted(how))
        return folder / "m.tflite"

    return make


MODELS: dict[str, tuple[Callable[[Path, Path], Path], Callable[[Path], str]]] = {
    "Keras 2, Sequential, .h5": (saved(picture, "m.h5"), of_float),
    "Keras 2, functional and residual, .keras": (saved(residual, "m.keras"), of_float),
    "Keras 2, SavedModel": (saved(residual, "m"), of_float),
    "Keras 3, Sequential, .keras": (of_keras_3("sequential.keras"), of_float),
    "Keras 3, functional, a model in it, .keras": (of_keras_3("functional.keras"), of_float),
    "Keras 3, causal sequence, .h5": (of_keras_3("sequence.h5"), of_float),
    "Keras 3, SiLU and a product, .keras": (of_keras_3("gated.keras"), of_float),
    "QKeras by the rules, .h5": (saved(by_the_rules, "m.h5"), of_qkeras),
    "QKeras as its tutorial has it, .keras": (saved(as_a_tutorial, "m.keras"), of_qkeras),
    ".tflite, int8 throughout": (tflite("int8"), of_tflite),
    ".tflite, int8 between float borders": (tflite("float borders"), of_tflite),
    ".tflite, dynamic range": (tflite("dynamic range"), of_tflite),
    ".tflite, 16-bit activations": (tflite("int16"), of_tflite),
    ".tflite, float16": (tflite("float16"), of_tflite),
    ".tflite, float": (tflite("float"), of_tflite),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_becomes_what_the_page_says(name: str, tmp_path: Path, keras3: Path) -> None:
    make, outcome = MODELS[name]
    assert f"| {name} | {outcome(make(tmp_path, keras3))} |" in PAGE.read_text().splitlines()


def test_the_page_has_these_rows_and_no_others() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows[1:]] == list(MODELS)
