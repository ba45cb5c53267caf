"""What a model is made of, what it needs at least, and everything that stands in its way.

Nothing is compiled: boards are judged by what no firmware can do without, the constants and the
arena. ``survey`` builds, and tells the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tinyrob import passes
from tinyrob.boards.board import Board
from tinyrob.deployable import KERAS_SUFFIXES, Deployable, load_model
from tinyrob.emit.c import emit_model
from tinyrob.errors import FreezeError, Obstacle, UnsupportedModel
from tinyrob.files.limits import Damaged
from tinyrob.network.to_network import to_network

_DIGEST = bytes(16)


@dataclass(frozen=True)
class Row:
    """One operator: its output's name, the operator, the output's shape without the batch, step
    and zero point (None where it has no single one), multiply-accumulates and constants."""

    name: str
    operator: str
    shape: tuple[int, ...]
    step: float | None
    zero_point: int | None
    macs: int
    parameters: int


@dataclass(frozen=True)
class Floor:
    """The least that a board needs, and whether it has that: code and stack come on top."""

    board: str
    holds: bool
    weights_bytes: int
    flash_bytes: int
    arena_bytes: int
    ram_bytes: int
    why: str | None = None


@dataclass(frozen=True)
class Inspection:
    """``kind`` is what the model is; ``rows`` are empty where it cannot be deployed as it is:
    ``obstacles`` says why, or ``becomes`` what a recipe makes of a float Keras model:
    (layer, what it becomes)."""

    name: str
    kind: str
    rows: tuple[Row, ...] = ()
    floors: tuple[Floor, ...] = ()
    notes: tuple[str, ...] = ()
    becomes: tuple[tuple[str, str], ...] = ()
    obstacles: tuple[Obstacle, ...] = ()

    @property
    def macs(self) -> int:
        """Of all operators."""
        return sum(row.macs for row in self.rows)

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return sum(row.parameters for row in self.rows)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "model": self.name,
            "kind": self.kind,
            "operators": [asdict(row) for row in self.rows],
            "macs": self.macs,
            "parameters": self.parameters,
            "boards": [asdict(floor) for floor in self.floors],
            "rewritten": list(self.notes),
            "becomes": [{"layer": layer, "what": what} for layer, what in self.becomes],
            "obstacles": [asdict(obstacle) for obstacle in self.obstacles],
        }


def inspect(model: str | None, boards: Iterable[Board]) -> Inspection:
    """Looks at MODEL, for some boards.

    Raises ModelFormatError where there is no such model, or it is damaged.
    """
    path = Path(model or "")
    saved = (path / "saved_model.pb").is_file()
    if model and (saved or (path.suffix in KERAS_SUFFIXES and path.is_file())):
        source = _float_source(path)
        if source is not None:
            return _of_float(path, source)
    try:
        found = load_model(model)
    except (UnsupportedModel, FreezeError) as error:
        return Inspection(model or "", "not deployable", obstacles=error.obstacles)
    return Inspection(
        found.name,
        "a frozen model" if found.frozen is not None else "an int8 .tflite",
        rows_of(found),
        tuple(_floors(found, boards)),
        found.rewritten,
    )


def rows_of(model: Deployable) -> tuple[Row, ...]:
    """The operators of a deployable network."""
    graph = model.graph
    macs = {layer.name: layer.spec.macs for layer in to_network(passes.simplified(graph)).layers}
    seen: set[int] = set()
    rows = []
    for op in graph.ops:
        # What only writes a variable makes no tensor: its row is of what it writes.
        out = graph.tensors[(op.outputs or op.inputs[-1:])[0]]
        own = {i for i in op.inputs if i >= 0 and graph.tensors[i].data is not None} - seen
        seen |= own
        own = set() if op.kind in ("MINIMUM", "MAXIMUM") else own  # bounds, not weights
        constants = (graph.tensors[i] for i in own if graph.tensors[i].quantization is not None)
        grid = out.quantization
        one = grid is not None and len(grid.scales) == 1
        rows.append(
            Row(
                out.name,
                op.kind,
                out.sample_shape,
                grid.scale if grid is not None and one else None,
                grid.zero_point if grid is not None and one else None,
                macs.get(out.name, 0),
                sum(tensor.elements for tensor in constants),
            )
        )
    return tuple(rows)


def _floors(model: Deployable, boards: Iterable[Board]) -> Iterable[Floor]:
    made: dict[str, Any] = {}
    for board in boards:
        isa = board.isa[0]
        if isa not in made:
            try:
                made[isa] = emit_model(model.graph, isa, _DIGEST)
            except UnsupportedModel as error:
                made[isa] = error.message
        c_model = made[isa]
        flash, ram = board.flash_bytes, board.ram_bytes
        if isinstance(c_model, str):
            yield Floor(board.name, False, 0, flash, 0, ram, c_model)
            continue
        weights, arena = c_model.weights_bytes, c_model.arena_bytes
        why = None
        if weights > flash:
            why = f"its weights take {weights:,} bytes, and there are {flash:,} of flash"
        elif arena > ram:
            why = f"its arena takes {arena:,} bytes, and there are {ram:,} of RAM"
        yield Floor(board.name, why is None, weights, flash, arena, ram, why)


def _float_source(path: Path) -> Any:
    """A Keras file's layers where it is a float network; None where it has QKeras' layers."""
    from tinyrob.models.own.origin import read_source

    source, _ = read_source(str(path), Path())
    quantized = any(
        layer.kind.startswith("Q") or layer.kind == "PowerOfTwoBatchNormalization"
        for layer in source.layers
    )
    return None if quantized else source


def _of_float(path: Path, source: Any) -> Inspection:
    from tinyrob.errors import ModelFormatError
    from tinyrob.models.own.turn import turn

    kind = "a float Keras model"
    try:
        turned = turn(source)
    except UnsupportedModel as error:
        return Inspection(path.name, kind, obstacles=error.obstacles)
    except Damaged as error:
        raise ModelFormatError(f"{path}: {error}", "save the model anew") from None
    notes: Mapping[str, str] = dict(turned.notes)
    becomes = [(step.name, _described(step)) for step in turned.plan.steps]
    told = tuple(f"layer {layer!r}: {what}" for layer, what in notes.items())
    return Inspection(path.name, kind, notes=told, becomes=tuple(becomes))


def _described(step: Any) -> str:
    """A step in words: ``conv 8 of (3, 3), normalized, relu``."""
    words = [step.kind]
    if step.filters:
        words.append(str(step.filters))
    if step.kind in ("conv", "depthwise", "average", "maximum"):
        words.append("of {} x {}".format(*step.kernel))
    if step.kind == "reshape":
        words.append(f"to {step.shape}")
    text = " ".join(words)
    more = ["normalized"] if step.norm else []
    return ", ".join([text, *more, *([step.activation] if step.activation else [])])
