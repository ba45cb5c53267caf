"""A specification of features to C: the tables, and functions that take samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.emit import ctext
from tinyrob.emit.c import NAME, firmware_files
from tinyrob.emit.render import render
from tinyrob.features import kiss, micro_tables, tables
from tinyrob.features.spec import Features, Mel, Microfrontend
from tinyrob.files.plan import BuildPlan
from tinyrob.kernels.descriptor import Array

_A_LINE = 6  # structs


@dataclass(frozen=True)
class _Front:
    """A kind of front end in C: the name that its functions begin with, its sources, its tables,
    its struct's fields, and the memory of a stream as (type, name, count)."""

    kind: str
    sources: tuple[str, ...]
    arrays: Mapping[str, tuple[str, NDArray[Any]]]
    structs: Mapping[str, tuple[str, Sequence[Sequence[int]]]]
    fields: Mapping[str, str | int]
    parts: tuple[tuple[str, str, int], ...]
    emphasis: int = 0


def emit_frontend(features: Features, model: str, name: str = NAME) -> BuildPlan:
    """The C sources of a front end: model/NAME_frontend.h and .c, whose symbols begin with
    ``name``, and what they are made of. ``model`` is told to readers. The same arguments give the
    same bytes."""
    if isinstance(features, Microfrontend):
        front = _micro(features)
    else:
        assert isinstance(features, Mel)
        front = _mel(features)
    context: dict[str, Any] = {
        "model": ctext.comment(model),
        "name": name,
        "macro": name.upper(),
        "features": features,
        "digest": [f"0x{byte:02x}" for byte in bytes.fromhex(features.digest)],
        "kind": front.kind,
        "arrays": [_array(symbol, *array) for symbol, array in front.arrays.items()],
        "structs": [_structs(symbol, *table) for symbol, table in front.structs.items()],
        "fields": front.fields,
        "parts": [{"ctype": c, "name": part, "count": count} for c, part, count in front.parts],
        "emphasis": front.emphasis,
    }
    made = {
        f"model/{name}_frontend.{end}": render(f"model/frontend.{end}.j2", **context)
        for end in ("h", "c")
    }
    return BuildPlan(made) | firmware_files(front.sources, (f"{front.kind}.h",), "frontend")


def _mel(features: Mel) -> _Front:
    bands = tables.band_weights(features)
    factor, shift = tables.output_scale(features)
    arrays: dict[str, tuple[str, NDArray[Any]]] = {
        "window": ("int16_t", tables.window(features)),
        "twiddles": ("int32_t", tables.twiddles(features.fft)),
        "reversed": ("uint16_t", tables.bit_reversed(features.fft // 2)[: features.frame // 2]),
        "weights": ("uint16_t", np.concatenate([np.array(w, np.uint16) for _, w in bands])),
    }
    if features.kind == "mfcc":
        arrays["cosines"] = ("int16_t", tables.cosines(features))
    return _Front(
        "tr_mel",
        ("tr_fft.c", "tr_log2.c", "tr_mel.c", "tr_mel_frame.c"),
        arrays,
        {"band": ("tr_band", [(first, len(weights)) for first, weights in bands])},
        {
            "window": "window",
            "twiddles": "twiddles",
            "reversed": "reversed",
            "band": "band",
            "weights": "weights",
            "cosines": "cosines" if features.kind == "mfcc" else "NULL",
            "fft": features.fft,
            "bands": features.bands,
            "centre": tables.centre(features),
            "floor": features.floor,
            "factor": factor if factor > 1 else 0,
            "shift": shift,
        },
        (
            ("int32_t", "work", features.fft),
            ("int16_t", "samples", features.frame),
            ("int16_t", "logs", features.bands),
            ("int8_t", "rows", features.frames * features.width),
        ),
        tables.emphasis(features),
    )


def _micro(features: Microfrontend) -> _Front:
    points = features.fft // 2
    bank = micro_tables.filterbank(features)
    even, odd = micro_tables.smoothing(features)[:2].tolist()
    places = np.argsort(kiss.order(points))[: features.frame // 2]
    arrays: dict[str, tuple[str, NDArray[Any]]] = {
        "window": ("int16_t", micro_tables.window(features)),
        "twiddles": ("int16_t", kiss.twiddles(points)),
        "super_twiddles": ("int16_t", kiss.super_twiddles(points)),
        "places": ("uint16_t", places),
    }
    if features.pcan:
        arrays["gains"] = ("int16_t", micro_tables.gain_table(features))
    bins = np.stack([bank.weight, bank.unweight, bank.channel], 1).tolist()
    return _Front(
        "tr_micro",
        ("tr_kiss.c", "tr_micro.c", "tr_micro_channel.c"),
        arrays,
        {"bin": ("tr_micro_bin", bins)},
        {
            "window": "window",
            "twiddles": "twiddles",
            "super_twiddles": "super_twiddles",
            "places": "places",
            "bin": "bin",
            "gains": "gains" if features.pcan else "NULL",
            "points": points,
            "first": bank.first,
            "bins": len(bins),
            "even": even,
            "odd": odd,
            "least": micro_tables.least_remaining(features),
            "smoothing_bits": features.smoothing_bits,
            "correction_bits": micro_tables.correction_bits(features),
            "ratio_shift": micro_tables.ratio_shift(features),
            "scale_shift": features.scale_shift,
        },
        (
            ("uint64_t", "sums", features.channels + 2),
            ("uint32_t", "noise", features.channels),
            ("int16_t", "work", features.fft),
            ("int16_t", "samples", features.frame),
            ("int8_t", "rows", features.frames * features.width),
        ),
    )


def _array(symbol: str, ctype: str, data: NDArray[Any]) -> dict[str, Any]:
    array = Array(ctype, data)
    return {"symbol": symbol, "ctype": ctype, "count": data.size, "rows": ctext.rows(array)}


def _structs(symbol: str, ctype: str, values: Sequence[Sequence[int]]) -> dict[str, Any]:
    texts = ["{" + ", ".join(map(str, one)) + "}" for one in values]
    rows = [", ".join(texts[i : i + _A_LINE]) + "," for i in range(0, len(texts), _A_LINE)]
    return {"symbol": symbol, "ctype": ctype, "count": len(texts), "rows": rows}
