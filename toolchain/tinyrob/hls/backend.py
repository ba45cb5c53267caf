"""Calls hls4ml: a network and a schedule in, the files of its project out."""

from __future__ import annotations

import contextlib
import io
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinyrob.errors import BuildError, ToolMissing, UnsupportedModel
from tinyrob.hls.boards import FpgaBoard
from tinyrob.hls.frontend import HlsNetwork
from tinyrob.hls.schedule import Schedule

BACKENDS = {"vitis": "Vitis", "vivado": "Vivado"}
# Backends of hls4ml's whose bits cannot be proved with open tools, and why.
_REFUSED = {
    "oneapi": "its projects include Intel's SYCL headers, and only the compiler icpx takes them",
    "quartus": "tinyrob writes no testbench for Intel HLS, which Intel has withdrawn",
}
# What hls4ml writes for its own Python library only.
_NOT_KEPT = re.compile(r"(.*_bridge\.cpp|build_lib\.sh|.*\.so|.*__pycache__.*)")
_TEXT = {".cpp", ".h", ".tcl", ".yml", ".sh", ".txt", ".py", ".v", ".sv"}


@dataclass(frozen=True)
class Generated:
    """hls4ml's files, and the names in them that a testbench needs.

    ``traced`` are the layers whose values the simulation can give, in execution order.
    """

    files: Mapping[str, bytes]
    input_type: str
    output_type: str
    traced: tuple[str, ...]


def check_backend(name: str) -> None:
    """Raises UnsupportedModel for a backend that tinyrob has no proof for."""
    if name in _REFUSED:
        raise UnsupportedModel(
            f"there is no project for the backend {name!r}: {_REFUSED[name]}",
            f"backends: {', '.join(BACKENDS)}; `tinyrob export-rtl` writes plain Verilog, which "
            "any vendor's tool takes",
        )


def generate(network: HlsNetwork, schedule: Schedule, board: FpgaBoard, backend: str) -> Generated:
    """The project that hls4ml's ``backend`` (one of its own names) writes.

    The same arguments give the same bytes: the random stamp and the folder's name are taken out.
    Raises ToolMissing without hls4ml, BuildError where it refuses the network.
    """
    with tempfile.TemporaryDirectory() as folder, _quietly(), _without_training_libraries():
        try:
            from hls4ml.model.graph import ModelGraph
        except ImportError as error:
            raise ToolMissing(
                f"hls4ml cannot be imported ({error})", "pip install 'tinyrob[hls]'"
            ) from error
        config = _config(network, schedule, board, backend, folder)
        try:
            graph = ModelGraph.from_layer_list(config, _layer_list(network))
            graph.config.trace_output = True
            graph.write()
        except Exception as error:  # hls4ml raises bare Exceptions and asserts for bad input
            detail = f"{type(error).__name__}: {error}".strip().splitlines()[0]
            raise BuildError(
                f"hls4ml refuses {network.name} for its backend {backend}: {detail}",
                "try --backend vitis, or --io-type the other way round",
            ) from error
        files = _collect(Path(folder))
        source = files[f"firmware/{network.name}.cpp"].decode()
        return Generated(
            files,
            str(graph.get_input_variables()[0].type.name),
            str(graph.get_output_variables()[0].type.name),
            tuple(re.findall(r'save_layer_output<[^>]*>\(\w+, "(\w+)"', source)),
        )


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """hls4ml prints as it goes; stdout is the verb's."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


@contextlib.contextmanager
def _without_training_libraries() -> Iterator[None]:
    """hls4ml imports Keras and TensorFlow where they are there, for front ends not used here.

    That takes seconds, and chooses Keras 3 for the whole process. None in ``sys.modules`` makes
    an import fail, which hls4ml takes well.
    """
    libraries = ("tensorflow", "keras", "tf_keras", "qkeras", "torch")
    hidden = [name for name in libraries if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


def _config(
    network: HlsNetwork, schedule: Schedule, board: FpgaBoard, backend: str, folder: str
) -> dict[str, Any]:
    config: dict[str, Any] = {
        "OutputDir": folder,
        "ProjectName": network.name,
        "Backend": backend,
        "Part": board.part,
        "ClockPeriod": board.clock_ns,
        "ClockUncertainty": f"{board.clock_uncertainty_percent}%",
        "IOType": schedule.io_type,
        "HLSConfig": {
            "Model": {"Precision": "fixed<16,6>", "ReuseFactor": 1, "Strategy": "Latency"},
            "LayerName": _layer_config(network, schedule),
        },
        "WriterConfig": {
            "Namespace": None,
            "WriteWeightsTxt": True,
            "WriteTar": False,
            "TBOutputStream": "both",
            "WriteEmulationConstants": False,
        },
    }
    if backend == "VivadoAccelerator":
        config["AcceleratorConfig"] = {
            "Board": board.accelerator,
            "Interface": board.interface,
            "Driver": "python",
            # Every grid is exact in float32, and so is what the driver sends and receives.
            "Precision": {"Input": "float", "Output": "float"},
        }
    return config


def _layer_config(network: HlsNetwork, schedule: Schedule) -> dict[str, Any]:
    config = {}
    for layer in network.layers:
        choice = schedule.choices[layer.name]
        config[layer.name] = {
            "Trace": True,
            "Precision": {key: str(kind) for key, kind in layer.types.items()},
            "Strategy": choice.strategy or "latency",
            "ReuseFactor": choice.reuse_factor,
        }
    return config


def _layer_list(network: HlsNetwork) -> list[dict[str, Any]]:
    layers = []
    for layer in network.layers:
        inputs = list(layer.inputs)
        if layer.extra is not None:
            layers.append({**layer.extra, "name": f"{layer.name}_border", "inputs": inputs})
            inputs = [f"{layer.name}_border"]
        layers.append({**layer.attributes, "name": layer.name, "inputs": inputs})
    return layers


def _collect(folder: Path) -> dict[str, bytes]:
    files = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or _NOT_KEPT.fullmatch(name):
            continue
        content = path.read_bytes()
        if path.suffix in _TEXT:
            content = content.replace(str(folder).encode(), b".")
        if path.suffix == ".yml":
            content = re.sub(rb"(?m)^Stamp: .*$", b"Stamp: '00000000'", content)
        files[name] = content
    return files
