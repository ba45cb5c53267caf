"""Calls hls4ml: a network and a schedule in, the files of its project out."""

from __future__ import annotations

import contextlib
import io
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinyrob.errors import BoardError, BuildError, ToolMissing, UnsupportedModel
from tinyrob.files.installed import install_command
from tinyrob.hls.boards import FpgaBoard, find_fpga_board, fpga_boards
from tinyrob.hls.costs import Vendor
from tinyrob.hls.fifos import in_luts
from tinyrob.hls.network import HlsNetwork
from tinyrob.hls.schedule import Schedule

# Whose parts a backend is for, and hls4ml's name of it; a vendor's first is its default.
_BACKENDS: dict[str, tuple[Vendor, str]] = {
    "vitis": ("amd", "Vitis"),
    "vivado": ("amd", "Vivado"),
    "quartus": ("intel", "Quartus"),
}
BACKENDS = {name: hls4ml for name, (_, hls4ml) in _BACKENDS.items()}
RETIRING = {
    "quartus": "hls4ml has deprecated its Quartus backend and will remove it, as Intel has retired "
    "the HLS compiler that it is for; the project here works with hls4ml 1.3. `tinyrob export-rtl` "
    "writes plain Verilog, which Quartus takes as it is"
}
"""What upstream takes away, by backend: said wherever such a project is made."""
DEFAULT_BOARD: dict[Vendor, str] = {"amd": "pynq-z2", "intel": "arria10-soc"}
# What hls4ml writes for its own Python library only, and a Makefile that ours replaces.
_NOT_KEPT = re.compile(r"(.*_bridge\.cpp|build_lib\.sh|.*\.so|.*__pycache__.*)")
_TEXT = {".cpp", ".h", ".tcl", ".yml", ".sh", ".txt", ".py", ".v", ".sv"}


@dataclass(frozen=True)
class Generated:
    """hls4ml's files, and the names in them that a testbench needs: the ports' and their types'.

    ``traced`` are the layers whose values the simulation can give, in execution order.
    """

    files: Mapping[str, bytes]
    input_name: str
    input_type: str
    output_name: str
    output_type: str
    traced: tuple[str, ...]


def choose(backend: str | None, board: str | None) -> tuple[str, FpgaBoard]:
    """A backend and a board that go together, where one or both are named, or none.

    Raises UnsupportedModel for oneAPI, BoardError for an unknown board or two that do not match.
    """
    if backend == "oneapi":
        # The library's headers include <sycl/sycl.hpp> and Intel's extensions to it.
        raise UnsupportedModel(
            "there is no project for the backend 'oneapi': its library is SYCL, which Intel's "
            "icpx compiles and g++ does not, so its bits could not be proved here",
            "--backend quartus is for the same parts; `tinyrob export-rtl` writes plain Verilog, "
            "which any vendor's tool takes",
        )
    wanted = _BACKENDS[backend][0] if backend else "amd"
    chosen = find_fpga_board(board or DEFAULT_BOARD[wanted])
    able = [name for name, (vendor, _) in _BACKENDS.items() if vendor == chosen.vendor]
    if backend is not None and backend not in able:
        fitting = [one.name for one in fpga_boards() if one.vendor == wanted]
        raise BoardError(
            f"{chosen.title} ({chosen.part}) is not a part for the backend {backend!r}",
            f"--backend {' or '.join(able)}, or a board of {', '.join(fitting)}",
        )
    return backend or able[0], chosen


def generate(network: HlsNetwork, schedule: Schedule, board: FpgaBoard, backend: str) -> Generated:
    """The project that hls4ml's ``backend`` (one of its own names) writes.

    The same arguments give the same bytes: the random stamp and the folder's name are taken out.
    Raises ToolMissing without hls4ml, BuildError where it refuses the network.
    """
    with tempfile.TemporaryDirectory() as folder, _quietly(), _without_training_libraries():
        try:
            from hls4ml.backends import get_available_backends
            from hls4ml.model.graph import ModelGraph
        except ImportError as error:
            raise ToolMissing(
                f"hls4ml cannot be imported ({error})", install_command("hls")
            ) from error
        _check_there(backend, get_available_backends())
        config = _config(network, schedule, board, backend, folder)
        try:
            graph = ModelGraph.from_layer_list(config, _layer_list(network))
            graph.config.trace_output = backend != "Quartus"
            graph.write()
        except Exception as error:  # hls4ml raises bare Exceptions and asserts for bad input
            detail = f"{type(error).__name__}: {error}".strip().splitlines()[0]
            raise BuildError(
                f"hls4ml refuses {network.name} for its backend {backend}: {detail}",
                "try --backend vitis, or --io-type the other way round",
            ) from error
        files = _collect(Path(folder))
        # The Alveo cards' kernel, which hls4ml leaves as it is for a project of this name.
        for path in [path for path in files if path.startswith("src/")]:
            named = files.pop(path).replace(b"myproject", network.name.encode())
            files[path.replace("myproject", network.name)] = named
        name = f"firmware/{network.name}.cpp"
        source = files[name].decode()
        if backend == "Quartus":
            source = _traced(source, graph)
        elif schedule.io_type == "io_stream":
            source = _with_depths(source, graph, network, backend)
        files[name] = source.encode()
        first, last = graph.get_input_variables()[0], graph.get_output_variables()[0]
        return Generated(
            files,
            str(getattr(first, "member_name", first.name)),
            str(first.type.name),
            str(getattr(last, "member_name", last.name)),
            str(last.type.name),
            tuple(re.findall(r'save_layer_output<[^>]*>\([\w.]+, "(\w+)"', source)),
        )


def _check_there(backend: str, there: Sequence[str]) -> None:
    """Raises BuildError for a backend that the hls4ml that is installed has no more."""
    names = {name.lower() for name in there}
    if backend.lower() in names:
        return
    known = [name for name, theirs in BACKENDS.items() if theirs.lower() in names]
    raise BuildError(
        f"the hls4ml that is installed has no backend {backend}: it was there in 1.3",
        "pip install hls4ml==1.3.0" + (f", or --backend {' or '.join(known)}" if known else ""),
    )


def _with_depths(source: str, graph: Any, network: HlsNetwork, backend: str) -> str:
    """``source`` with FIFOs as deep as ours, in the memory that their depth is for.

    hls4ml's are whole tensors, for which the tools take block RAM.
    """
    ours = {(fifo.writer, fifo.index): fifo for layer in network.layers for fifo in layer.streams}
    for layer in graph.get_layers():
        for index, variable in enumerate(layer.get_variables()):
            fifo = ours.get((layer.name, index))
            if fifo is None:
                continue
            name = variable.name
            kind = "srl" if in_luts(fifo) else "bram"
            storage = (
                f"BIND_STORAGE variable={name} type=fifo impl={kind}"
                if backend == "Vitis"
                else f"RESOURCE variable={name} core=FIFO_{kind.upper()}"
            )
            source = re.sub(
                rf"(?m)^( *#pragma HLS )STREAM variable={name} depth=\d+ *$",
                rf"\1STREAM variable={name} depth={fifo.depth}\n\1{storage}",
                source,
            )
    return source


def _traced(source: str, graph: Any) -> str:
    """``source`` with each layer's values traced. hls4ml 1.3's own traces name the last stream."""
    for layer in graph.get_layers():
        call = layer.get_attr("function_cpp", None)
        if not call or not layer.get_attr("trace", False):
            continue
        variable = layer.get_output_variable()
        trace = (
            f"#ifndef HLS_SYNTHESIS\n    nnet::save_layer_output<{variable.type.name}>"
            f'({variable.name}, "{layer.name}", {variable.size_cpp()});\n#endif'
        )
        source = source.replace(f"{call}\n", f"{call}\n{trace}\n")
    return source


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
    config: dict[str, Any] = {}
    for layer in network.layers:
        choice = schedule.choices[layer.name]
        if layer.before is not None and layer.before.types:
            config[f"{layer.name}_{layer.before.suffix}"] = {
                "Precision": {key: str(kind) for key, kind in layer.before.types.items()}
            }
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
        if layer.before is not None:
            name = f"{layer.name}_{layer.before.suffix}"
            layers.append({**layer.before.attributes, "name": name, "inputs": inputs})
            inputs = [name]
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
