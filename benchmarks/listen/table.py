"""Measured rows as Markdown tables, and their place in the page that shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.comparison.render import markdown, placed
from benchmarks.kept import write_placed
from benchmarks.listen.cases import Bar

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "figures.md"
PLACE = "listen"
Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def tables(rows: Rows) -> str:
    """All of them, each with a line that says what it is; those without rows are left out."""
    parts = [fronts(rows["fronts"]), seconds(rows["seconds"]), streams(rows["streams"])]
    return "\n\n".join(part for part in [*parts, attacks(rows["attacks"])] if part)


def fronts(rows: Sequence[Mapping[str, Any]]) -> str:
    """Front ends, and in the last line the bars of the first."""
    if not rows:
        return ""
    bar = Bar()
    head = ("front end", "times real time in Python", "instructions a hop, Cortex-M4",
            "Cortex-M55", "flash", "RAM")  # fmt: skip
    body = [
        [
            f"{row['front']}, hops of {row['hop_ms']:g} ms",
            f"{row['times_real_time']:,}",
            f"{row['instructions']['m4']:,}",
            f"{row['instructions']['m55']:,}",
            f"{row['flash_bytes']:,}",
            f"{row['ram_bytes']:,}",
        ]
        for row in rows
    ]
    body.append(
        [
            "the bar of the first",
            f">= {bar.times_real_time:,.0f}",
            f"<= {bar.m4:,}",
            f"<= {bar.m55:,}",
            f"< {bar.flash_bytes:,}",
            f"< {bar.ram_bytes:,}",
        ]
    )
    return _titled("**Front ends**, Python on one core", head, body)


def seconds(rows: Sequence[Mapping[str, Any]]) -> str:
    """Instructions of a second of sound."""
    head = ("network", "front end", "Cortex-M4: front end", "ten inferences", "together",
            "Cortex-M55: front end", "ten inferences", "together")  # fmt: skip
    body = []
    for row in rows:
        cells = [row["network"], row["front"]]
        for core in ("m4", "m55"):
            one = row["instructions"][core]
            parts = (one["front_end"], one["network"], one["front_end"] + one["network"])
            cells += [f"{part / 1e6:.2f} M" for part in parts]
        body.append(cells)
    return _titled("**Instructions of a second of sound**, an inference each 100 ms", head, body)


def streams(rows: Sequence[Mapping[str, Any]]) -> str:
    """False accepts and rejects at the threshold that validation chose."""
    head = ("network", "words above the background", "hours", "threshold",
            "false accepts an hour (at most, 95 %)", "false rejects", "other recordings in it",
            "on validation: false accepts an hour", "false rejects")  # fmt: skip
    body = []
    for row in rows:
        test, validation = row["test"], row["validation"]
        accepts = test["false_accepts_per_hour"], test["false_accepts_per_hour_at_most"]
        body.append(
            [
                row["network"],
                f"{row['snr_db']:g} dB",
                f"{row['hours']:g}",
                f"{row['threshold']:.2f}",
                f"**{accepts[0]:.2f}** ({accepts[1]:.2f})",
                _rejects(test, "**"),
                f"{row['streams']['test']['other_recordings']:,}",
                f"{validation['false_accepts_per_hour']:.2f}",
                _rejects(validation),
            ]
        )
    return _titled(
        "**A stream of the test clips in background noise**, threshold chosen on validation",
        head,
        body,
    )


def _rejects(one: Mapping[str, Any], mark: str = "") -> str:
    share = 100 * one["false_reject_share"]
    return f"{mark}{share:.1f} %{mark}: {one['false_rejects']} of {one['words']}"


def attacks(rows: Sequence[Mapping[str, Any]]) -> str:
    """Accuracy in percent, a line for each place that an attacker stands at."""
    head = ("network", "what is moved", "attack", "inputs", "clean", "under attack")
    body = [
        [
            row["network"],
            row["at"],
            row["attack"],
            f"{row['samples']:,}",
            f"{100 * row['clean']:.0f}",
            "; ".join(
                f"{100 * one['accuracy']:.0f} at {_budget(one)}"
                for one in sorted(row["under"], key=lambda one: _order(one))
            ),
        ]
        for row in rows
    ]
    return _titled(
        "**Where the attacker stands**: accuracy in percent where he moves the network's own input "
        "(int8 steps), the recording (dB that it lies above what is added), or the camera's frame",
        head,
        body,
    )


def _budget(one: Mapping[str, Any]) -> str:
    return f"{one['eps']:g} dB" if one["norm"] == "snr" else f"{one['eps']:g} steps"


def _order(one: Mapping[str, Any]) -> float:
    eps = float(one["eps"])
    return -eps if one["norm"] == "snr" else eps


def _titled(title: str, head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    return "\n".join([title, "", *markdown(head, body)]) if body else ""


def shown(text: str, rows: Rows) -> str:
    """A page's ``text`` with the tables. Raises DataError where it has no place for them."""
    return placed(text, tables(rows), PLACE)


def write(rows: Rows) -> None:
    """The tables into the page. Raises DataError where it has no place."""
    write_placed(PAGE, tables(rows), PLACE)
