"""A board's project: the network behind a UART that speaks the framed protocol, clock and pins.

The design stands around the network's streams as the RTL project's manifest tells them, and its
folder opens as a build's does: `validate --on serial`, `attack --through serial` and `flash` take
it.
"""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any

from tinyrob.boards.lattice import LatticeBoard
from tinyrob.deployable import Deployable
from tinyrob.emit.render import render
from tinyrob.errors import BoardError, UnsupportedModel
from tinyrob.files import resources
from tinyrob.files.plan import BuildPlan
from tinyrob.files.version import __version__
from tinyrob.frozen import model as fr
from tinyrob.frozen.shapes import output_shapes
from tinyrob.project.image_crc import RTL, TOP, verilog_crc
from tinyrob.project.manifest import VERSION, Flash, Manifest, Ram, Signature
from tinyrob.rtl.pll import Pll, pll_for

PARTS = ("board_uart.v", "board_crc.v", "board_stream.v", "board_server.v")
SIMULATOR = "simulator.cpp"
_SLOWEST = 4  # cycles a bit that the UART needs
_DRIFT = 0.02  # of a bit's length, at most: ten bits are sampled from one edge
_FAREST = 1 << 20  # values of an input


def with_board(
    plan: BuildPlan, model: Deployable, board: LatticeBoard, hz: int, baud: int
) -> BuildPlan:
    """An RTL project's plan with the board's design beside it.

    ``hz`` is the clock (or the nearest below it that the board's PLL makes), ``baud`` the UART's
    speed. Raises BoardError for what the board cannot make, UnsupportedModel for an input that is
    too large.
    """
    about = json.loads(plan.files["manifest.json"])
    source, sink = port(about["streams"][0]), port(about["streams"][-1])
    if source["count"] > _FAREST:
        raise UnsupportedModel(
            f"{model.name} takes {source['count']:,} values, more than a board's memory holds",
            "use the network's streams in a design of your own",
        )
    pll, made, divisor = check_speed(board, hz, baud)
    digest = hashlib.sha256(model.tflite).digest()
    context: dict[str, Any] = {
        "model": about["model"],
        "top": about["top"],
        "board": board,
        "pll": pll,
        "hz": made,
        "divisor": divisor,
        "source": source,
        "sink": sink,
        # As a number of Verilog, whose lowest byte is the first one sent.
        "digest": digest[:16][::-1].hex(),
        "image": verilog_crc(plan.files),
        "adders": "rtl/shift_adder.v" in plan.files,
    }
    files = {name: data for name, data in plan.files.items() if name != "manifest.json"}
    for name in (*PARTS, SIMULATOR):
        path = resources.templates() / "rtl" / "board" / name
        files[f"board/{name}"] = path.read_bytes()
    files["board/board_core.v"] = render("rtl/board/board_core.v.j2", **context)
    constraints = "lpf" if board.family == "ecp5" else "pcf"
    files[f"board/pins.{constraints}"] = render(f"rtl/board/board.{constraints}.j2", **context)
    files["board/Makefile"] = render("rtl/board/Makefile.j2", **context)
    files[TOP] = render("rtl/board/board.v.j2", **context)
    files["model.tflite"] = model.tflite
    manifest = _manifest(model, board, baud, files)
    text = {**about, **manifest.to_dict(), "hz": made}
    files["manifest.json"] = (json.dumps(text, indent=2) + "\n").encode()
    return BuildPlan(files)


def check_speed(board: LatticeBoard, hz: int, baud: int) -> tuple[Pll | None, int, int]:
    """The PLL (None: it is not needed), the clock that is made, and its cycles a bit. Raises
    BoardError for a clock or a baud rate that the board cannot make."""
    pll = pll_for(board, hz)
    made = board.input_hz if pll is None else pll.hz
    return pll, made, divisor_for(board, made, baud)


def divisor_for(board: LatticeBoard, hz: int, baud: int) -> int:
    """Clock cycles a bit. Raises BoardError where the clock does not divide into ``baud``."""
    divisor = round(hz / baud)
    if divisor < _SLOWEST or abs(hz / divisor / baud - 1) > _DRIFT:
        raise BoardError(
            f"{board.name} at {hz / 1e6:g} MHz cannot speak {baud:,} baud: a bit would be "
            f"{hz / baud:.2f} cycles",
            f"give --baud a speed that divides the clock, of at most {hz // _SLOWEST:,}; the board "
            f"file's is {board.baud:,}",
        )
    return divisor


def port(stream: dict[str, Any]) -> dict[str, Any]:
    """A stream of the manifest, with its values an image (``count``) and a beat (``lanes``)."""
    return {
        **stream,
        "count": math.prod(stream["shape"]),
        "lanes": stream["bits"] // stream["value_bits"],
    }


def _manifest(
    model: Deployable, board: LatticeBoard, baud: int, files: dict[str, bytes]
) -> Manifest:
    assert model.frozen is not None, "hardware is made from frozen models"
    graph = model.graph
    ends = [_signature(graph.tensors[ends[0]]) for ends in (graph.inputs, graph.outputs)]
    return Manifest(
        version=VERSION,
        model=model.name,
        target=board.name,
        board=board.name,
        runtime=RTL,
        app="validate",
        isa=board.family,
        elf=TOP,
        macs=_macs(model.frozen),
        flash_bytes=0,
        flash=Flash(0, 0, 0),
        ram_bytes=0,
        ram=Ram(0, 0, 0),
        stack_source="an FPGA has none",
        layers=(),
        input=ends[0],
        output=ends[1],
        dataset=model.dataset,
        frozen=True,
        exact=model.frozen.exact,
        digest=BuildPlan(files).digest,
        model_digest=hashlib.sha256(model.tflite).hexdigest(),
        elf_digest=hashlib.sha256(files[TOP]).hexdigest(),
        compiler="",
        tinyrob=__version__,
        baud=baud,
        inputs=(ends[0],),
        outputs=(ends[1],),
        classes=model.classes,
        data=model.about.to_dict(),
    )


def _signature(tensor: Any) -> Signature:
    grid = tensor.quantization
    return Signature(tensor.sample_shape, grid.scale, grid.zero_point, tensor.name)


def _macs(model: fr.FrozenModel) -> int:
    shapes, total = output_shapes(model), 0
    for node in model.nodes:
        if isinstance(node, fr.Conv2D | fr.DepthwiseConv2D | fr.Dense):
            total += math.prod(shapes[node.name][:-1]) * node.kernel.size
    return total
