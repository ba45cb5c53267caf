"""Layers that run a band of rows at a time: of large images only some rows are in memory."""

from __future__ import annotations

from tinyrob.passes.bands.choose import Memory, band_rows

__all__ = ["Memory", "band_rows"]
