"""Charts as inline SVG. Colours are the page's CSS variables, so they follow light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

WIDTH, HEIGHT = 460, 300
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 12, 42
SERIES = 8  # colours in the style sheet
DASHES = ("", "6 4", "2 3")


@dataclass(frozen=True)
class Line:
    """Points (eps, share) with 0 for clean. ``style``: main (bold ink), baseline or series."""

    name: str
    points: tuple[tuple[float, float], ...]
    style: str = "series"


def down(share: float) -> float:
    """Where a share (0 to 1) lies on the axis that ``percents`` draws."""
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - share)


def percents() -> list[Markup]:
    """The axis of a share, from 0 to 100 %, with its grid."""
    parts = []
    for tick in range(0, 101, 20):
        y = down(tick / 100)
        parts.append(
            Markup('<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(
                LEFT, WIDTH - RIGHT, y, y
            )
        )
        parts.append(words(LEFT - 6, y + 4, f"{tick} %", "end"))
    return parts


def curves(title: str, lines: Sequence[Line], unit: str, *, falling: bool = False) -> Markup:
    """Accuracy against eps; every line starts at the clean accuracy. With its legend.

    ``falling``: where a smaller figure is a larger perturbation, as decibels are."""
    found = {eps for line in lines for eps, _ in line.points}
    stops = [0.0, *sorted(found - {0.0}, reverse=True)] if falling else sorted(found)
    place = {
        eps: LEFT + (WIDTH - LEFT - RIGHT) * (i / max(len(stops) - 1, 1))
        for i, eps in enumerate(stops)
    }

    parts = [opened(title, HEIGHT), *percents()]
    for eps, x in place.items():
        parts.append(words(x, HEIGHT - BOTTOM + 18, "clean" if eps == 0 else f"{eps:g}", "middle"))
    parts.append(words((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, unit, "middle"))
    legend = []
    number = 0
    # The main line is drawn last, over the others.
    for line in sorted(lines, key=lambda line: line.style == "main"):
        number += line.style == "series"
        mark = line.style if line.style != "series" else f"series s{(number - 1) % SERIES}"
        dash = DASHES[((number - 1) // SERIES) % len(DASHES)] if line.style == "series" else ""
        path = " ".join(f"{place[eps]:.1f},{down(share):.1f}" for eps, share in line.points)
        parts.append(
            Markup('<polyline class="line {}" stroke-dasharray="{}" points="{}"/>').format(
                mark, dash or ("6 4" if line.style == "baseline" else "none"), path
            )
        )
        for eps, share in line.points:
            tip = f"{line.name}, {'clean' if eps == 0 else f'eps {eps:g}'}: {share:.1%}"
            parts.append(
                Markup(
                    '<circle class="dot {}" cx="{:.1f}" cy="{:.1f}" r="3">'
                    "<title>{}</title></circle>"
                ).format(mark, place[eps], down(share), tip)
            )
        legend.append(
            Markup(
                '<li><svg class="key" viewBox="0 0 24 8" aria-hidden="true"><line class="line {}" '
                'stroke-dasharray="{}" x1="0" x2="24" y1="4" y2="4"/></svg>{}</li>'
            ).format(mark, dash or ("6 4" if line.style == "baseline" else "none"), line.name)
        )
    parts.append(Markup("</svg>"))
    return Markup("").join([*parts, Markup('<ul class="legend">'), *legend, Markup("</ul>")])


def bars(title: str, rows: Sequence[tuple[str, int]], unit: str) -> Markup:
    """One horizontal bar for each (name, value >= 0), with the value at its end."""
    height, label, value = 22, 150, 78
    highest = max((size for _, size in rows), default=0) or 1
    parts = [opened(title, height * len(rows) + 6)]
    for i, (name, size) in enumerate(rows):
        y = i * height + 3
        wide = (WIDTH - label - value) * size / highest
        shown = name if len(name) <= 21 else f"…{name[-20:]}"
        parts.append(words(label - 8, y + 14, shown, "end", name))
        parts.append(
            Markup(
                '<rect class="bar" x="{}" y="{}" width="{:.1f}" height="{}" rx="2">'
                "<title>{}</title></rect>"
            ).format(label, y + 2, max(wide, 1), height - 6, f"{name}: {size:,} {unit}")
        )
        parts.append(words(label + wide + 6, y + 14, f"{size:,}", "start"))
    parts.append(Markup("</svg>"))
    return Markup("").join(parts)


def opened(title: str, height: float) -> Markup:
    """The beginning of a drawing."""
    return Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
        WIDTH, height, title
    )


def words(x: float, y: float, text: str, anchor: str, tip: str = "") -> Markup:
    """Text, and perhaps more where it is pointed at."""
    title = Markup("<title>{}</title>").format(tip) if tip else Markup("")
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}{}</text>').format(
        x, y, anchor, title, text
    )
