"""Each thing that the reader refuses, by name and with a way out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from support.surgery import edit, schema, small_file
from tinyrob.errors import ModelFormatError, UnsupportedModel
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.ir.tflite_write import write_tflite

OPERATOR, TYPE = schema.BuiltinOperator, schema.TensorType


def tensors(model: schema.ModelT) -> list[schema.TensorT]:
    return model.subgraphs[0].tensors


def operators(model: schema.ModelT) -> list[schema.OperatorT]:
    return model.subgraphs[0].operators


def set_code(model: schema.ModelT, old: int, new: int, custom: str | None = None) -> None:
    for code in model.operatorCodes:
        if code.builtinCode == old:
            code.builtinCode, code.deprecatedBuiltinCode = new, min(new, 127)
            code.customCode = custom


def quantize_behind(kind: int) -> Callable[[schema.ModelT], None]:
    """A QUANTIZE or DEQUANTIZE at the border, to or from another type."""

    def change(model: schema.ModelT) -> None:
        outer = schema.TensorT()
        outer.name, outer.shape, outer.type = "outer", tensors(model)[0].shape, kind
        tensors(model).append(outer)
        code, operator = schema.OperatorCodeT(), schema.OperatorT()
        code.builtinCode = code.deprecatedBuiltinCode = OPERATOR.QUANTIZE
        model.operatorCodes.append(code)
        operator.opcodeIndex = len(model.operatorCodes) - 1
        operator.inputs = np.array([len(tensors(model)) - 1], np.int32)
        operator.outputs = np.array([0], np.int32)
        operators(model).insert(0, operator)
        model.subgraphs[0].inputs = operator.inputs

    return change


def change(path: str, value: object) -> Callable[[schema.ModelT], None]:
    """Sets one attribute: ``t0.type`` of a tensor, ``o1.inputs`` of an operator, ``m.version``."""

    def apply(model: schema.ModelT) -> None:
        first, *names, last = path.split(".")
        subgraph = model.subgraphs[0]
        target = {"m": lambda i: model, "s": lambda i: subgraph}.get(first[0])
        at = first[1:]
        if target is None:
            found = (tensors if first[0] == "t" else operators)(model)[int(at)]
        else:
            found = target(at)
        for name in names:
            found = getattr(found, name)
        setattr(found, last, value)

    return apply


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int32)


UNSUPPORTED = [
    ("m.version", 2, "schema version 2"),
    ("t0.type", TYPE.FLOAT32, r"operator 0, CONV_2D \(makes 'conv'\): it works on float32"),
    ("t0.type", TYPE.UINT8, "'image' is uint8 instead of int8"),
    ("t1.type", TYPE.UINT8, "its kernel 'conv/kernel' is uint8, not int8"),
    ("t3.type", TYPE.INT16, r"operator 1, ADD \(makes 'sum'\): 'conv' is int8 instead of int16"),
    ("t3.quantization", None, "'sum' has no quantization"),
    ("t2.isVariable", True, "it writes to the variable 'conv'"),
    ("t1.externalBuffer", 1, "'conv/kernel' is external"),
    ("t0.shapeSignature", ints(-1, -1, 6, 2), "'image' has a dynamic shape"),
    ("t2.quantization.detailsType", 1, "'conv' has a custom quantization"),
    ("s.operators", [], "holds no operators"),
    (
        "o2.builtinOptions.weightsFormat",
        1,
        r"operator 2, FULLY_CONNECTED \(makes 'logits'\): weights_format is 1",
    ),
    (
        "o1.builtinOptions.fusedActivationFunction",
        schema.ActivationFunctionType.TANH,
        r"operator 1, ADD \(makes 'sum'\): the fused activation TANH is not supported",
    ),
    ("o0.builtinOptions.fusedActivationFunction", 77, "the fused activation code 77"),
]


@pytest.mark.parametrize(("path", "value", "message"), UNSUPPORTED)
def test_unsupported(path: str, value: object, message: str) -> None:
    with pytest.raises(ModelFormatError, match=message) as error:
        read_tflite(edit(small_file(), change(path, value)))
    if "axis" not in message:
        assert isinstance(error.value, UnsupportedModel)
        assert error.value.hint


DAMAGED = [
    ("t1.buffer", 77, "tensor 'conv/kernel' names buffer 77"),
    ("t2.shape", ints(1, 6, 0, 4), r"'conv' has the shape \[1, 6, 0, 4\]"),
    ("t1.shape", ints(4, 3, 3, 1), "needs 36 bytes and has 72"),
    ("t1.type", TYPE.INT4, "needs 36 bytes and has 72"),
    ("s.inputs", ints(0, 2), "makes tensor 'conv' again"),
    ("t2.quantization.zeroPoint", np.zeros(2, np.int64), "1 scales and 2 zero points"),
    ("t2.quantization.scale", np.array([np.nan], np.float32), "the scale nan"),
    ("t2.quantization.scale", np.array([-1], np.float32), "the scale -1.0"),
    ("t2.quantization.scale", np.array([1e30], np.float32), "the scale 1.0"),
    ("t2.quantization.zeroPoint", np.array([128], np.int64), "zero point outside int8"),
    ("s.inputs", ints(99), "names tensor 99 of 8"),
    ("o1.inputs", ints(2, 99), r"operator 1 \(ADD\) names tensor 99 of 8"),
    ("o1.inputs", ints(2, 6), "uses tensor 'logits' before it is made"),
    ("o1.outputs", ints(2), "makes tensor 'conv' again"),
    ("o1.outputs", ints(), "has 0 outputs"),
    ("o1.opcodeIndex", 9, "operator 1 names operator code 9 of 4"),
    ("o1.builtinOptionsType", 1, "options of another operator"),
    ("o0.builtinOptions.padding", 2, "has padding 2"),
    ("o0.builtinOptions.strideH", 0, r"has strides \[0, 1\]"),
    ("s.outputs", ints(0), "no operator makes the network's output 'image'"),
]


@pytest.mark.parametrize(("path", "value", "message"), DAMAGED)
def test_damaged(path: str, value: object, message: str) -> None:
    with pytest.raises(ModelFormatError, match=message):
        read_tflite(edit(small_file(), change(path, value)))


def test_an_empty_file() -> None:
    with pytest.raises(ModelFormatError, match="is empty"):
        read_tflite(b"")


@pytest.mark.parametrize("data", [b"GIF89a...", b"TFL3", small_file()[:4] + b"TFL2"])
def test_another_kind_of_file(data: bytes) -> None:
    with pytest.raises(ModelFormatError, match="identifier is not TFL3"):
        read_tflite(data)


@pytest.mark.parametrize("count", [0, 2])
def test_subgraphs(count: int) -> None:
    def several(model: schema.ModelT) -> None:
        model.subgraphs = model.subgraphs * count

    with pytest.raises(UnsupportedModel, match=f"holds {count} subgraphs"):
        read_tflite(edit(small_file(), several))


@pytest.mark.parametrize(
    ("code", "custom", "named"),
    [
        (OPERATOR.DYNAMIC_UPDATE_SLICE, None, "DYNAMIC_UPDATE_SLICE"),
        (OPERATOR.CUSTOM, "MyOp", "CUSTOM MyOp"),
        (126 + 9999, None, "operator code 10125"),
    ],
)
def test_an_unknown_operator_is_named_with_its_place(
    code: int, custom: str | None, named: str
) -> None:
    data = edit(small_file(), lambda model: set_code(model, OPERATOR.ADD, code, custom))
    message = rf"operator 1, {named} \(makes 'sum'\): the operator is not supported"
    with pytest.raises(UnsupportedModel, match=message) as error:
        read_tflite(data)
    assert "lists the operators" in str(error.value.hint)


@pytest.mark.parametrize(
    ("code", "message", "hint"),
    [
        (OPERATOR.GELU, "TFLite Micro has no GELU", "use relu, swish"),
        (OPERATOR.EXP, "TFLite Micro computes EXP in float32 only, not in int8", "use relu"),
        (OPERATOR.REDUCE_PROD, "TFLite Micro has no REDUCE_PROD", "lists the operators"),
    ],
)
def test_what_tflite_micro_does_not_run_is_said_to_be_that(
    code: int, message: str, hint: str
) -> None:
    data = edit(small_file(), lambda model: set_code(model, OPERATOR.ADD, code, None))
    with pytest.raises(UnsupportedModel, match=message) as error:
        read_tflite(data)
    assert hint in str(error.value.hint)


def test_a_quantize_of_another_type_is_named() -> None:
    data = edit(small_file(), quantize_behind(TYPE.INT4))
    with pytest.raises(UnsupportedModel, match="the network's input 'outer' is no quant") as error:
        read_tflite(data)
    assert "inference_input_type" in str(error.value.obstacles[0].hint)


def test_every_obstacle_is_told_at_once() -> None:
    def worsen(model: schema.ModelT) -> None:
        set_code(model, OPERATOR.ADD, OPERATOR.TILE)
        tensors(model)[1].quantization.zeroPoint = np.array([1] * 4, np.int64)
        operators(model)[2].builtinOptions.weightsFormat = 1

    with pytest.raises(UnsupportedModel, match="3 things stand in the way") as error:
        read_tflite(edit(small_file(), worsen))
    found = error.value.obstacles
    assert [o.layer.split(" (")[0] for o in found] == [
        "operator 0, CONV_2D", "operator 1, TILE", "operator 2, FULLY_CONNECTED",
    ]  # fmt: skip
    assert all(o.what and o.hint for o in found)
    assert all(str(o) in error.value.message for o in found)


def everything(kind: int, keep: Callable[[str], bool]) -> Callable[[schema.ModelT], None]:
    """All tensors of another type, but those to keep."""

    def change(model: schema.ModelT) -> None:
        for tensor in tensors(model):
            if not keep(tensor.name.decode()):
                tensor.type, tensor.buffer = kind, 0

    return change


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (everything(TYPE.FLOAT32, lambda name: False), "the network is float32: nothing in it"),
        (everything(TYPE.FLOAT32, lambda name: "kernel" in name), "the network is hybrid"),
        (everything(TYPE.FLOAT16, lambda name: "image" in name), "the network is float16"),
        (
            lambda model: set_code(model, OPERATOR.ADD, OPERATOR.CUSTOM, "ethos-u"),
            "compiled for an Arm Ethos-U by Vela",
        ),
        (
            lambda model: set_code(model, OPERATOR.ADD, OPERATOR.CUSTOM, "edgetpu-custom-op"),
            "compiled for a Coral Edge TPU",
        ),
        (change("t1.sparsity", schema.SparsityParametersT()), "the network is sparse: its weights"),
        (everything(TYPE.UINT8, lambda name: False), "the network is uint8 throughout"),
    ],
    ids=["float", "hybrid", "float16", "vela", "edgetpu", "sparse", "uint8"],
)
def test_a_network_of_another_kind_gets_one_sentence(
    change: Callable[[schema.ModelT], None], sentence: str
) -> None:
    with pytest.raises(UnsupportedModel, match=sentence) as error:
        read_tflite(edit(small_file(), change))
    assert len(error.value.obstacles) == 1
    assert error.value.hint


def test_what_no_operator_uses_is_not_looked_at() -> None:
    def add(model: schema.ModelT) -> None:
        for kind, shape in (
            (TYPE.FLOAT32, ints(1, 2)),
            (TYPE.INT8, ints(0)),
            (TYPE.STRING, ints(3)),
        ):
            tensor = schema.TensorT()
            tensor.name, tensor.shape, tensor.type = f"unused{kind}", shape, kind
            tensors(model).append(tensor)

    graph = read_tflite(edit(small_file(), add))
    assert graph.ops == read_tflite(small_file()).ops
    assert read_tflite(write_tflite(graph)) == graph


@pytest.mark.parametrize("tensor", [1, 4])
@pytest.mark.parametrize("axis", [1, 3, 77])
def test_the_quantized_dimension_of_weights_is_not_looked_at(tensor: int, axis: int) -> None:
    data = edit(small_file(), change(f"t{tensor}.quantization.quantizedDimension", axis))
    assert read_tflite(data).ops == read_tflite(small_file()).ops


def test_external_buffers() -> None:
    def outside(model: schema.ModelT) -> None:
        model.buffers[1].offset, model.buffers[1].size = 4096, 72

    with pytest.raises(UnsupportedModel, match="keeps its data outside the flatbuffer"):
        read_tflite(edit(small_file(), outside))


def test_a_batch() -> None:
    def batch(model: schema.ModelT) -> None:
        for tensor in (0, 2, 3):
            tensors(model)[tensor].shape = ints(2, *tensors(model)[tensor].shape[1:])
        for tensor in (6, 7):
            tensors(model)[tensor].shape = ints(2, 5)

    with pytest.raises(UnsupportedModel, match="'image' is a batch of 2"):
        read_tflite(edit(small_file(), batch))


def test_a_dynamic_batch_is_a_batch_of_one() -> None:
    data = edit(small_file(), change("t0.shapeSignature", ints(-1, 6, 6, 2)))
    assert read_tflite(data) == read_tflite(small_file())
