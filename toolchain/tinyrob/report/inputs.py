"""An input as people look at it: a picture, curves over time, a spectrogram, or bars; as an image.

Images are data URIs, so that the page needs nothing beside it. In curves and bars the input that
another one was made of lies behind it, in grey.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.report.png import data_uri

WIDTH, HEIGHT = 200, 120
COLOURS = ("#2663a8", "#b84a1e", "#2e7d4f", "#8a3f8f", "#a07b10", "#3a8c96", "#b03a5b", "#555555")
_BEHIND = "#9a9a9a"
_MOST = 512  # points of a curve, or bars


def image(q: NDArray[Any], form: str | None, behind: NDArray[Any] | None = None) -> str:
    """One int8 input as a data URI. ``form`` is one of ``data.dataset.FORMS``; None: a picture."""
    if form == "spectrum" and q.ndim >= 2:
        # Time runs to the right, the lowest feature lies at the bottom.
        return data_uri(q.reshape(*q.shape[:2], -1).mean(axis=2).round().T[::-1])
    if form == "windows" and q.ndim >= 2:
        return _svg(_curves(q, behind))
    if form in ("windows", "features"):
        return _svg(_bars(q, behind))
    return data_uri(q)


def _svg(parts: Iterator[str]) -> str:
    text = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}"><rect width="100%" height="100%" fill="#fff"/>'
        f"{''.join(parts)}</svg>"
    )
    return "data:image/svg+xml;base64," + base64.b64encode(text.encode()).decode()


def _height(values: NDArray[Any]) -> NDArray[Any]:
    """From the bottom at -128 to the top at 127."""
    return np.asarray((127.0 - values.astype(np.float64)) / 255.0 * (HEIGHT - 4) + 2)


def _curves(q: NDArray[Any], behind: NDArray[Any] | None) -> Iterator[str]:
    """A line for each channel, on the last axis."""
    for values, grey in ((behind, True), (q, False)):
        if values is None:
            continue
        lines = values.reshape(-1, values.shape[-1])
        every = -(-len(lines) // _MOST)
        across = np.linspace(2, WIDTH - 2, len(lines))[::every]
        for channel, line in enumerate(lines[::every].T[: len(COLOURS)]):
            points = " ".join(
                f"{x:.1f},{y:.1f}" for x, y in zip(across, _height(line), strict=True)
            )
            colour = _BEHIND if grey else COLOURS[channel]
            yield (
                f'<polyline fill="none" stroke="{colour}" stroke-width="{1 if grey else 1.5}" '
                f'points="{points}"/>'
            )


def _bars(q: NDArray[Any], behind: NDArray[Any] | None) -> Iterator[str]:
    """A bar for each value, up or down from the middle; a mark where the other one ended."""
    flat = q.reshape(-1)[:_MOST]
    wide = (WIDTH - 4) / len(flat)
    middle = float(_height(np.zeros(1))[0])
    for number, y in enumerate(_height(flat)):
        x, top = 2 + number * wide, min(float(y), middle)
        yield (
            f'<rect x="{x:.1f}" y="{top:.1f}" width="{max(wide - 1, 0.5):.1f}" '
            f'height="{max(abs(float(y) - middle), 0.5):.1f}" fill="{COLOURS[0]}"/>'
        )
    if behind is not None:
        for number, y in enumerate(_height(behind.reshape(-1)[:_MOST])):
            x = 2 + number * wide
            yield (
                f'<rect x="{x:.1f}" y="{float(y) - 1:.1f}" width="{max(wide - 1, 0.5):.1f}" '
                f'height="2" fill="{_BEHIND}"/>'
            )
