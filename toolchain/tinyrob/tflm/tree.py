"""A TFLite-Micro source tree: where its libraries are, and which of its files a network needs.

Two layouts are known: the repository's, whose own Makefile downloads the libraries
(``third_party_downloads``), and the flat one that its ``create_tflm_tree.py`` writes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tinyrob.errors import BuildError, ToolMissing, UnsupportedModel
from tinyrob.files.plan import BuildPlan

VARIABLE = "TFLM_DIR"
MICRO = "tensorflow/lite/micro"
_FETCH = f"`make -f {MICRO}/tools/make/Makefile third_party_downloads` in it fetches its libraries"
_DOWNLOADS = (f"{MICRO}/tools/make/downloads", "third_party")
_LIBRARIES = {
    # A library: what is on the include path, and a header that must be there.
    "flatbuffers": ("include", "flatbuffers/flatbuffers.h"),
    "gemmlowp": (".", "fixedpoint/fixedpoint.h"),
    "ruy": (".", "ruy/profiler/instrumentation.h"),
}
_CMSIS_NN = ("cmsis_nn", "Include/arm_nnfunctions.h")

_CORE = (
    f"{MICRO}",
    f"{MICRO}/arena_allocator",
    f"{MICRO}/memory_planner",
    f"{MICRO}/tflite_bridge",
    "tensorflow/lite/core/api",
    "tensorflow/lite/core/c",
    "tensorflow/lite/kernels",
    "tensorflow/lite/kernels/internal",
    "tensorflow/lite/kernels/internal/reference",
    "tensorflow/compiler/mlir/lite/core/api",
    "tensorflow/compiler/mlir/lite/schema",
)
"""Folders whose sources are the interpreter; the linker leaves out what nothing calls."""
_NOT_FIRMWARE = re.compile(
    r"_test$|test_help|^(mock|fake|recording|hexdump|debug_log|system_setup|micro_time|micro_profiler)"
)
_HEADERS = (
    f"{MICRO}/debug_log.h",
    f"{MICRO}/micro_interpreter.h",
    f"{MICRO}/micro_mutable_op_resolver.h",
    f"{MICRO}/micro_profiler_interface.h",
    "tensorflow/lite/schema/schema_generated.h",
)
"""What templates/tflm/tr_model.cc.j2 includes."""
_SHARED_KERNELS = ("kernel_util", "micro_tensor_utils")
KERNELS = {
    "CONV_2D": ("conv", "AddConv2D"),
    "DEPTHWISE_CONV_2D": ("depthwise_conv", "AddDepthwiseConv2D"),
    "FULLY_CONNECTED": ("fully_connected", "AddFullyConnected"),
    "ADD": ("add", "AddAdd"),
    "AVERAGE_POOL_2D": ("pooling", "AddAveragePool2D"),
    "MAX_POOL_2D": ("pooling", "AddMaxPool2D"),
    "MEAN": ("reduce", "AddMean"),
    "RESHAPE": ("reshape", "AddReshape"),
    "PAD": ("pad", "AddPad"),
    "SOFTMAX": ("softmax", "AddSoftmax"),
    "RELU": ("activations", "AddRelu"),
    "RELU6": ("activations", "AddRelu6"),
    "QUANTIZE": ("quantize", "AddQuantize"),
    "MINIMUM": ("maximum_minimum", "AddMinimum"),
    "MAXIMUM": ("maximum_minimum", "AddMaximum"),
    "CONCATENATION": ("concatenation", "AddConcatenation"),
    "READ_VARIABLE": ("read_variable", "AddReadVariable"),
    "ASSIGN_VARIABLE": ("assign_variable", "AddAssignVariable"),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": (
        "unidirectional_sequence_lstm",
        "AddUnidirectionalSequenceLSTM",
    ),
    "TRANSPOSE_CONV": ("transpose_conv", "AddTransposeConv"),
    "BATCH_MATMUL": ("batch_matmul", "AddBatchMatMul"),
    "L2_NORMALIZATION": ("l2norm", "AddL2Normalization"),
    "SVDF": ("svdf", "AddSvdf"),
    "LOG_SOFTMAX": ("log_softmax", "AddLogSoftmax"),
    "DIV": ("div", "AddDiv"),
    "REVERSE_V2": ("reverse", "AddReverseV2"),
    "GATHER_ND": ("gather_nd", "AddGatherNd"),
    "SPACE_TO_BATCH_ND": ("space_to_batch_nd", "AddSpaceToBatchNd"),
    "BATCH_TO_SPACE_ND": ("batch_to_space_nd", "AddBatchToSpaceNd"),
    "DEQUANTIZE": ("dequantize", "AddDequantize"),
    "CAST": ("cast", "AddCast"),
    "SELECT_V2": ("select", "AddSelectV2"),
    "NEG": ("neg", "AddNeg"),
    "SQUARE": ("elementwise", "AddSquare"),
    "SIN": ("elementwise", "AddSin"),
    "COS": ("elementwise", "AddCos"),
    "FLOOR": ("floor", "AddFloor"),
    "CEIL": ("ceil", "AddCeil"),
    "ROUND": ("round", "AddRound"),
    "EQUAL": ("comparisons", "AddEqual"),
    "NOT_EQUAL": ("comparisons", "AddNotEqual"),
    "GREATER": ("comparisons", "AddGreater"),
    "GREATER_EQUAL": ("comparisons", "AddGreaterEqual"),
    "LESS": ("comparisons", "AddLess"),
    "LESS_EQUAL": ("comparisons", "AddLessEqual"),
    "SUB": ("sub", "AddSub"),
    "MUL": ("mul", "AddMul"),
    "SQUARED_DIFFERENCE": ("squared_difference", "AddSquaredDifference"),
    "PRELU": ("prelu", "AddPrelu"),
    "LOGISTIC": ("logistic", "AddLogistic"),
    "TANH": ("tanh", "AddTanh"),
    "HARD_SWISH": ("hard_swish", "AddHardSwish"),
    "ELU": ("elu", "AddElu"),
    "LEAKY_RELU": ("leaky_relu", "AddLeakyRelu"),
    "ABS": ("elementwise", "AddAbs"),
    "RSQRT": ("elementwise", "AddRsqrt"),
    "SUM": ("reduce", "AddSum"),
    "REDUCE_MAX": ("reduce", "AddReduceMax"),
    "REDUCE_MIN": ("reduce", "AddReduceMin"),
    "REDUCE_ALL": ("reduce", "AddReduceAll"),
    "ARG_MAX": ("arg_min_max", "AddArgMax"),
    "ARG_MIN": ("arg_min_max", "AddArgMin"),
    "CUMSUM": ("cumsum", "AddCumSum"),
    "ADD_N": ("add_n", "AddAddN"),
    "LOGICAL_AND": ("logical", "AddLogicalAnd"),
    "LOGICAL_OR": ("logical", "AddLogicalOr"),
    "LOGICAL_NOT": ("elementwise", "AddLogicalNot"),
    "PADV2": ("pad", "AddPadV2"),
    "EXPAND_DIMS": ("expand_dims", "AddExpandDims"),
    "SQUEEZE": ("squeeze", "AddSqueeze"),
    "TRANSPOSE": ("transpose", "AddTranspose"),
    "STRIDED_SLICE": ("strided_slice", "AddStridedSlice"),
    "SLICE": ("slice", "AddSlice"),
    "SPLIT": ("split", "AddSplit"),
    "SPLIT_V": ("split_v", "AddSplitV"),
    "PACK": ("pack", "AddPack"),
    "UNPACK": ("unpack", "AddUnpack"),
    "GATHER": ("gather", "AddGather"),
    "BROADCAST_TO": ("broadcast_to", "AddBroadcastTo"),
    "MIRROR_PAD": ("mirror_pad", "AddMirrorPad"),
    "DEPTH_TO_SPACE": ("depth_to_space", "AddDepthToSpace"),
    "SPACE_TO_DEPTH": ("space_to_depth", "AddSpaceToDepth"),
    "RESIZE_BILINEAR": ("resize_bilinear", "AddResizeBilinear"),
    "RESIZE_NEAREST_NEIGHBOR": ("resize_nearest_neighbor", "AddResizeNearestNeighbor"),
}
"""An operator: its kernel's file under micro/kernels, and the resolver's method."""

_INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]', re.MULTILINE)
_DEFINED = re.compile(r"^[A-Za-z_][\w \t*]*?\b(arm_\w+)\s*\(", re.MULTILINE)
_NAMED = re.compile(r"\barm_\w+")


@dataclass(frozen=True)
class Tree:
    """A tree's root, and its libraries' folders by name; ``cmsis_nn`` is one where it is there."""

    root: Path
    libraries: dict[str, Path]

    @property
    def optimized(self) -> bool:
        """Whether CMSIS-NN's kernels are there."""
        return "cmsis_nn" in self.libraries


def find_tree(named: Path | None) -> Tree:
    """The tree that ``--tflm-dir`` or TFLM_DIR names. Raises ToolMissing, BuildError."""
    where = named or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    if where is None:
        raise ToolMissing(
            "the runtime tflm needs a source tree of TFLite-Micro, and none is named",
            f"`git clone https://github.com/tensorflow/tflite-micro`; {_FETCH}; then name it "
            f"with --tflm-dir or {VARIABLE}",
        )
    if not (where / MICRO / "micro_interpreter.h").is_file():
        raise BuildError(
            f"{where} is no source tree of TFLite-Micro: it has no {MICRO}/micro_interpreter.h",
            f"name the folder that holds tensorflow/ with --tflm-dir or {VARIABLE}",
        )
    libraries = {}
    for library, (inner, header) in _LIBRARIES.items():
        found = _library(where, library, f"{inner}/{header}")
        if found is None:
            raise BuildError(f"the TFLite-Micro tree {where} has no {library} ({header})", _FETCH)
        libraries[library] = found
    cmsis = _library(where, *_CMSIS_NN)
    if cmsis is not None:
        libraries["cmsis_nn"] = cmsis
    return Tree(where, libraries)


def _library(root: Path, name: str, header: str) -> Path | None:
    places = [root / folder / name for folder in _DOWNLOADS]
    return next((place for place in places if (place / header).is_file()), None)


def kernel_sources(tree: Tree, kinds: Iterable[str]) -> tuple[Path, ...]:
    """The kernels' files of operators, CMSIS-NN's where the tree has them.

    Raises UnsupportedModel, naming the operator that the tree does not have.
    """
    kernels = tree.root / MICRO / "kernels"
    sources = [kernels / f"{stem}.cc" for stem in _SHARED_KERNELS]
    for kind in sorted(set(kinds)):
        stem, method = KERNELS.get(kind, ("", ""))
        file, resolver = kernels / f"{stem}.cc", tree.root / MICRO / "micro_mutable_op_resolver.h"
        if not file.is_file() or f"{method}(" not in resolver.read_text(errors="replace"):
            raise UnsupportedModel(
                f"the TFLite-Micro tree {tree.root} has no operator {kind}",
                "name a newer tree, or build with --runtime native",
            )
        faster = kernels / "cmsis_nn" / f"{stem}.cc"
        sources.append(faster if tree.optimized and faster.is_file() else file)
        sources += _common_sources(kernels, stem, sources[-1])
    return tuple(dict.fromkeys(source for source in sources if source.is_file()))


def int8_header(tree: Tree, kind: str) -> str | None:
    """The tree's header that registers an operator's kernel for int8 alone, as
    ``Register_KIND_INT8``; None where it has none."""
    header = f"{MICRO}/kernels/{KERNELS[kind][0]}.h"
    path = tree.root / header
    known = path.is_file() and f"Register_{kind}_INT8()" in path.read_text(errors="replace")
    return header if known else None


def _common_sources(kernels: Path, stem: str, source: Path) -> list[Path]:
    """What a kernel shares with others: its own, and those whose headers it includes, as a
    depthwise convolution does a convolution's."""
    text = source.read_text(encoding="utf-8", errors="replace")
    stems = [Path(name).stem for name in _INCLUDE.findall(text) if f"{MICRO}/kernels/" in name]
    return [kernels / f"{name}_common.cc" for name in (stem, *stems)]


def library_plan(tree: Tree, kinds: Iterable[str]) -> BuildPlan:
    """All that firmware for these operators compiles, under ``tflm/``: sources, and the headers
    that they include. Raises UnsupportedModel."""
    kernels = kernel_sources(tree, kinds)
    core = [
        source
        for folder in _CORE
        for source in sorted((tree.root / folder).glob("*.cc"))
        if not _NOT_FIRMWARE.search(source.stem)
    ]
    headers = [tree.root / header for header in _HEADERS if (tree.root / header).is_file()]
    return _closure(tree, [*headers, *core, *kernels, *_cmsis_sources(tree, kernels)])


def _cmsis_sources(tree: Tree, kernels: Iterable[Path]) -> list[Path]:
    """CMSIS-NN's sources that define what the kernels name, and what those name in turn."""
    if not tree.optimized:
        return []
    texts = {
        source: source.read_text(errors="replace")
        for source in sorted((tree.libraries["cmsis_nn"] / "Source").rglob("*.c"))
        if not re.search(r"_(f16|f32|flt)$", source.stem)
    }
    homes = {name: source for source, text in texts.items() for name in _DEFINED.findall(text)}
    tables = [source for source in texts if "table" in source.stem]
    waiting, chosen = [k.read_text(errors="replace") for k in kernels], set(tables)
    while waiting:
        homes_named = {homes[name] for name in _NAMED.findall(waiting.pop()) if name in homes}
        new = homes_named - chosen
        chosen |= new
        waiting += [texts[source] for source in new]
    return sorted(chosen)


def _closure(tree: Tree, sources: Iterable[Path]) -> BuildPlan:
    """The files and what they include, as far as it is the tree's or its libraries'."""
    paths = [tree.root]
    for library, (inner, _) in _LIBRARIES.items():
        paths.append(tree.libraries[library] / inner)
    if tree.optimized:
        paths += [tree.libraries["cmsis_nn"], tree.libraries["cmsis_nn"] / "Include"]
    files: dict[str, bytes] = {}
    waiting = list(sources)
    while waiting:
        path = Path(os.path.normpath(waiting.pop()))
        name = _place(tree, path)
        if name in files:
            continue
        files[name] = path.read_bytes()
        for included in _INCLUDE.findall(files[name].decode(errors="replace")):
            places = [folder / included for folder in (path.parent, *paths)]
            waiting += [place for place in places if place.is_file()][:1]
    for licence in ("LICENSE", "LICENSE.txt"):
        if (tree.root / licence).is_file():
            files[f"tflm/{licence}"] = (tree.root / licence).read_bytes()
    return BuildPlan(dict(sorted(files.items())))


def _place(tree: Tree, path: Path) -> str:
    for library, folder in tree.libraries.items():
        if path.is_relative_to(folder):
            return f"tflm/third_party/{library}/{path.relative_to(folder).as_posix()}"
    return f"tflm/{path.relative_to(tree.root).as_posix()}"
