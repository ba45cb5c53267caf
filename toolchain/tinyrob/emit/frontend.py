"""A specification of features to C: the tables, and functions that take samples."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.emit import ctext
from tinyrob.emit.c import NAME, firmware_files
from tinyrob.emit.render import render
from tinyrob.features import tables
from tinyrob.features.spec import Features
from tinyrob.files.plan import BuildPlan
from tinyrob.kernels.descriptor import Array

SOURCES = ("tr_fft.c", "tr_log2.c", "tr_mel.c", "tr_mel_frame.c")
_BANDS_A_LINE = 8


def emit_frontend(features: Features, model: str, name: str = NAME) -> BuildPlan:
    """The C sources of a front end: model/NAME_frontend.h and .c, whose symbols begin with
    ``name``, and what they are made of. ``model`` is told to readers. The same arguments give the
    same bytes."""
    bands = tables.band_weights(features)
    arrays: dict[str, tuple[str, NDArray[Any]]] = {
        "window": ("int16_t", tables.window(features)),
        "twiddles": ("int32_t", tables.twiddles(features.fft)),
        "reversed": ("uint16_t", tables.bit_reversed(features.fft // 2)[: features.frame // 2]),
        "weights": ("uint16_t", np.concatenate([np.array(w, np.uint16) for _, w in bands])),
    }
    if features.kind == "mfcc":
        arrays["cosines"] = ("int16_t", tables.cosines(features))
    places = [f"{{{first}, {len(weights)}}}" for first, weights in bands]
    digest = bytes.fromhex(features.digest)
    context: dict[str, Any] = {
        "model": ctext.comment(model),
        "name": name,
        "macro": name.upper(),
        "features": features,
        "digest": [f"0x{byte:02x}" for byte in digest],
        "arrays": [_array(symbol, *array) for symbol, array in arrays.items()],
        "bands": [
            ", ".join(places[i : i + _BANDS_A_LINE]) + ","
            for i in range(0, len(places), _BANDS_A_LINE)
        ],
        "emphasis": tables.emphasis(features),
        "centre": tables.centre(features),
        "shift": tables.output_shift(features),
    }
    made = {
        f"model/{name}_frontend.{end}": render(f"model/frontend.{end}.j2", **context)
        for end in ("h", "c")
    }
    return BuildPlan(made) | firmware_files(SOURCES, ("tr_mel.h",), "frontend")


def _array(symbol: str, ctype: str, data: NDArray[Any]) -> dict[str, Any]:
    array = Array(ctype, data)
    return {"symbol": symbol, "ctype": ctype, "count": data.size, "rows": ctext.rows(array)}
