"""What a network's header says of it beyond its code: shapes, grids, classes, conversions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tinyrob.data.anomaly import MOST_VALUES, Anomaly
from tinyrob.data.units import Units
from tinyrob.emit import ctext
from tinyrob.emit.border import Conversion, conversions_of, float_literal
from tinyrob.errors import UnsupportedModel
from tinyrob.files.version import __version__
from tinyrob.ir.border import inputs_of, outputs_of
from tinyrob.ir.graph import Graph, Tensor
from tinyrob.project.streaming import Streaming

_ALIGN = 16
_MACROS = (
    "ARENA_BYTES", "INPUTS", "OUTPUTS", "INPUT_BYTES", "OUTPUT_BYTES", "LAYERS",
)  # fmt: skip


@dataclass(frozen=True)
class Border:
    """An input or output: ``place`` is its macro behind the network's (INPUT, OUTPUT_1)."""

    place: str
    shape: tuple[int, ...]
    scale: float
    zero_point: int


@dataclass(frozen=True)
class Face:
    """A network's name in C, and all that its header can tell of its borders."""

    name: str
    borders: tuple[Border, ...] = ()
    conversions: tuple[Conversion, ...] = ()
    classes: tuple[str, ...] = ()
    anomaly: Anomaly | None = None
    stream: Streaming | None = None

    def context(self, code: Mapping[str, Any]) -> dict[str, Any]:
        """What the templates are told beside ``code``, which is of the network's sources."""
        macro = self.name.upper()
        inputs, outputs = len(code["inputs"]), len(code["outputs"])
        single = inputs == 1 and outputs == 1
        public = [
            "digest",
            *(["input"] if inputs == 1 else ["input_bytes", "input_at"]),
            *(["output"] if outputs == 1 else ["output_bytes", "output_at"]),
            *(["reset"] if code["states"] else []),
            "invoke",
            *(["push"] if self.stream is not None else []),
            *(["score", "predict"] if self.anomaly else ["argmax", "predict"] if single else []),
            *(one.name for one in self.conversions),
            "check", "watch", "check_sha256", "guard", "guarded",
        ]  # fmt: skip
        arena = code["arena_bytes"]
        return {
            "name": self.name,
            "macro": macro,
            "version": __version__,
            "single": single,
            "public": public,
            "shown_macros": [
                *_MACROS,
                *(["STATE_BYTES"] if code["states"] else []),
                *(["STEPS", "WINDOW"] if self.stream is not None else []),
            ],
            "stream": self.stream,
            "guarded_bytes": -(-arena // _ALIGN) * _ALIGN + _ALIGN,
            "borders": [
                {
                    "macro": f"{macro}_{border.place}",
                    "shape": border.shape,
                    "scale": float_literal(border.scale),
                    "zero_point": f"({border.zero_point})",
                }
                for border in self.borders
            ],
            "conversions": self.conversions,
            "classes": self.classes,
            "anomaly": self.anomaly,
            "class_lines": _class_names(macro, self.classes),
        }


def _class_names(macro: str, classes: Sequence[str]) -> list[str]:
    """The macro that lists the names, over as many lines as it takes."""
    texts = [ctext.string(name) for name in classes]
    lines = [f"#define {macro}_CLASS_NAMES"]
    for text in [f"{{ {texts[0]},", *(f"{text}," for text in texts[1:])] if texts else []:
        if len(lines[-1]) + len(text) > 92:
            lines[-1] += " \\"
            lines.append("   ")
        lines[-1] += f" {text}"
    lines[-1] = lines[-1].removesuffix(",") + " }"
    return lines


def face_of(
    graph: Graph,
    name: str,
    classes: Sequence[str] = (),
    units: Units | None = None,
    anomaly: Anomaly | None = None,
) -> Face:
    """What the header of a graph's network says; class names only where there is one for each
    value of its one output. ``units``: what the input stands for; ``anomaly``: of a detector, whose
    verdicts the classes are then. Raises UnsupportedModel where it is none."""
    inner = [pair[0] for pair in outputs_of(graph)]
    fits = len(inner) == 1 and inner[0].elements == len(classes)
    if anomaly is not None:
        _check_detector(graph)
        classes, fits = anomaly.classes, True
    return Face(
        name,
        (
            *_borders("INPUT", [pair[0] for pair in inputs_of(graph)]),
            *_borders("OUTPUT", inner),
        ),
        tuple(conversions_of(graph, units)),
        tuple(classes) if fits else (),
        anomaly,
    )


def _check_detector(graph: Graph) -> None:
    """Scores are of an input and an output that are int8, of one size and one grid."""
    sides = [pair for found in (inputs_of(graph), outputs_of(graph)) for pair in found]
    tensors = [tensor for pair in sides for tensor in pair]
    grids = [(t.quantization.scale, t.quantization.zero_point) for t in tensors if t.quantization]
    sizes = {tensor.elements for tensor in tensors}
    sound = len(sides) == 2 and {t.dtype for t in tensors} == {"int8"} and len(sizes) == 1
    if not (sound and len(grids) == len(tensors) and len(set(grids)) == 1):
        raise UnsupportedModel(
            f"{graph.name} says that it detects anomalies, and its output is not its input's like",
            "a detector has one int8 input and one int8 output of as many values on the same grid",
        )
    if sizes.pop() > MOST_VALUES:
        raise UnsupportedModel(f"{graph.name}: a score is of at most {MOST_VALUES:,} values")


def _borders(stem: str, tensors: Sequence[Tensor]) -> list[Border]:
    found = []
    for index, tensor in enumerate(tensors):
        grid = tensor.quantization
        assert grid is not None, "a network's inputs and outputs are quantized"
        place = f"{stem}_{index}" if len(tensors) > 1 else stem
        found.append(Border(place, tensor.sample_shape or (1,), grid.scale, grid.zero_point))
    return found
