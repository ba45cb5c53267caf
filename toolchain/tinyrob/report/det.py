"""The detection error trade-off as a drawing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from tinyrob.report.charts import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    WIDTH,
    down,
    opened,
    percents,
    words,
)

_SPLITS = ("validation", "test")


def det(curve: Sequence[Mapping[str, Any]]) -> Markup:
    """False rejects (up) against false accepts an hour (right, logarithmic), a line a split; each
    dot is a threshold."""
    rates = [row[split]["false_accepts_per_hour"] for row in curve for split in _SPLITS]
    positive = [rate for rate in rates if rate > 0]
    least = math.floor(math.log10(min(positive, default=0.1)))
    most = max(least + 1, math.ceil(math.log10(max(positive, default=1.0))))

    def across(rate: float) -> float:
        """No false accept at all lies at the left edge."""
        share = 0.0 if rate <= 0 else (math.log10(rate) - least + 0.5) / (most - least + 0.5)
        return LEFT + (WIDTH - LEFT - RIGHT) * share

    parts = [opened("False rejects against false accepts an hour", HEIGHT), *percents()]
    parts.append(words(across(0), HEIGHT - BOTTOM + 18, "none", "middle"))
    for power in range(least, most + 1):
        parts.append(words(across(10.0**power), HEIGHT - BOTTOM + 18, f"{10.0**power:g}", "middle"))
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(words(middle, HEIGHT - 6, "false accepts an hour", "middle"))
    legend = []
    for split, mark in zip(_SPLITS, ("series s0", "main"), strict=True):
        places = [
            (across(row[split]["false_accepts_per_hour"]), down(row[split]["false_reject_share"]))
            for row in curve
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(Markup('<polyline class="line {}" points="{}"/>').format(mark, path))
        for row, (x, y) in zip(curve, places, strict=True):
            told = row[split]
            tip = (
                f"{split}, threshold {row['threshold']:.2f}: "
                f"{told['false_accepts_per_hour']:.2f} an hour, "
                f"{told['false_reject_share']:.1%} rejected"
            )
            parts.append(
                Markup(
                    '<circle class="dot {}" cx="{:.1f}" cy="{:.1f}" r="3">'
                    "<title>{}</title></circle>"
                ).format(mark, x, y, tip)
            )
        legend.append(
            Markup(
                '<li><svg class="key" viewBox="0 0 24 8" aria-hidden="true"><line class="line {}" '
                'x1="0" x2="24" y1="4" y2="4"/></svg>{}</li>'
            ).format(mark, split)
        )
    parts.append(Markup("</svg>"))
    return Markup("").join([*parts, Markup('<ul class="legend">'), *legend, Markup("</ul>")])
