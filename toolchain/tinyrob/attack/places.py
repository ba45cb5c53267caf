"""Where an attacker stands, by name."""

from __future__ import annotations

from typing import Literal

Place = Literal["features", "pixels", "samples", "frame"]
PLACES: tuple[Place, ...] = ("features", "pixels", "samples", "frame")
"""``features`` and ``pixels``: at the network's own input; ``samples``: a recording's, in front of
the features; ``frame``: a camera's, in front of what cuts and scales it."""
