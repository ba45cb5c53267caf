"""Specifications from where they are written: a recipe's ``[features]``, a frozen model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tinyrob.errors import ModelFormatError, TinyrobError
from tinyrob.features.spec import (
    KINDS,
    MICRO,
    PRECISIONS,
    SIZES,
    WINDOWS,
    Features,
    Mel,
    Microfrontend,
)
from tinyrob.features.tables import band_weights
from tinyrob.files.toml_table import Table

KEY = "features"
"""The table of a recipe, and the key of a frozen model's metadata."""


def read(t: Table) -> Features:
    """The specification in a table. Raises the table's error for a key that is unknown or wrong."""
    if t.choice("kind", (*KINDS, MICRO)) == MICRO:
        return _micro(t)
    base = Mel()
    kind = t.choice("kind", KINDS)
    made = Mel(
        kind=kind,
        rate=t.integer("rate", 4_000, 96_000, base.rate),
        frames=t.integer("frames", 1, 1_000, base.frames),
        frame=t.integer("frame", 32, max(SIZES), base.frame),
        hop=t.integer("hop", 16, 65_535, base.hop),
        fft=t.integer("fft", min(SIZES), max(SIZES), base.fft),
        window=t.choice("window", WINDOWS, base.window),
        pre_emphasis=t.number("pre_emphasis", 0.0, 1.0, base.pre_emphasis),
        bands=t.integer("bands", 2, 128, base.bands),
        low=t.number("low", 0.0, 48_000.0, base.low),
        high=t.number("high", 0.0, 48_000.0, base.high),
        coefficients=t.integer("coefficients", 1, 128, base.coefficients)
        if kind == "mfcc"
        else base.coefficients,
        floor=t.integer("floor", 0, 32, base.floor),
        centre=t.number("centre", 0.0, 63.0, base.centre),
        log2_step=t.integer("log2_step", -8, 4, base.log2_step),
        step=t.number("step", 2.0**-8, 2.0**4) if t.has("step") else base.step,
    )
    t.done()
    if made.step and t.has("log2_step"):
        raise t.wrong("step", "and log2_step say the same: leave one of them out")
    if made.fft not in SIZES:
        raise t.wrong("fft", f"must be one of {', '.join(map(str, SIZES))}, is {made.fft}")
    if made.frame > made.fft or made.frame % 2:
        raise t.wrong("frame", f"must be even and at most fft, {made.fft}, is {made.frame}")
    if not made.low < made.high <= made.rate / 2:
        raise t.wrong(
            "high", f"must lie above low, and at most at half the rate: {made.rate / 2:g} Hz"
        )
    if made.kind == "mfcc" and made.coefficients > made.bands:
        raise t.wrong("coefficients", f"must be at most bands, {made.bands}")
    empty = empty_bands(made)
    if empty:
        raise t.wrong(
            "bands",
            f"{len(empty)} of {made.bands} bands hold no bin of the transform "
            f"(every {made.rate / made.fft:g} Hz), as the one number {empty[0]}",
            "take fewer bands, a longer fft, or a larger low",
        )
    return made


def _micro(t: Table) -> Microfrontend:
    base = Microfrontend()
    made = Microfrontend(
        rate=t.integer("rate", 4_000, 48_000, base.rate),
        frames=t.integer("frames", 1, 1_000, base.frames),
        frame=t.integer("frame", 32, max(SIZES), base.frame),
        hop=t.integer("hop", 16, max(SIZES), base.hop),
        channels=t.integer("channels", 2, 64, base.channels),
        low=t.number("low", 0.0, 24_000.0, base.low),
        high=t.number("high", 0.0, 24_000.0, base.high),
        smoothing_bits=t.integer("smoothing_bits", 1, 14, base.smoothing_bits),
        even_smoothing=t.number("even_smoothing", 0.0, 1.0, base.even_smoothing),
        odd_smoothing=t.number("odd_smoothing", 0.0, 1.0, base.odd_smoothing),
        min_signal_remaining=t.number("min_signal_remaining", 0.0, 1.0, base.min_signal_remaining),
        pcan=t.boolean("pcan", base.pcan),
        strength=t.number("strength", 0.0, 1.0, base.strength),
        offset=t.number("offset", 1.0, 10_000.0, base.offset),
        gain_bits=t.integer("gain_bits", 16, 24, base.gain_bits),
        scale_shift=t.integer("scale_shift", 0, 8, base.scale_shift),
        precision=t.choice("precision", PRECISIONS, base.precision),
    )
    t.done()
    if made.fft not in SIZES:
        raise t.wrong("frame", f"must be above {SIZES[0] // 2}, is {made.frame}")
    if made.frame % 2 or made.hop > made.frame:
        raise t.wrong("frame", f"must be even and at least the hop, {made.hop}, is {made.frame}")
    if not made.low < made.high < made.rate / 2:
        raise t.wrong("high", f"must lie above low and below half the rate: {made.rate / 2:g} Hz")
    return made


def empty_bands(features: Mel) -> list[int]:
    """The bands that would be silent whatever is heard."""
    return [number for number, (_, weights) in enumerate(band_weights(features)) if not weights]


def from_metadata(metadata: Mapping[str, Any], where: str) -> Features | None:
    """The specification in a frozen model's metadata; None where it has none.

    Raises ModelFormatError where it is damaged.
    """
    values = metadata.get(KEY)
    if values is None:
        return None
    hint = "the file is damaged, or of another version of tinyrob: freeze it again"
    if not isinstance(values, dict):
        raise ModelFormatError(f"{where}: its {KEY} are no table", hint)
    try:
        return read(Table(values, where, f"{KEY}.", ModelFormatError))
    except TinyrobError as error:
        raise ModelFormatError(error.message, hint) from None
