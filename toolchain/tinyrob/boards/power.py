"""What a part takes while it computes, from a board file's table ``[power]``."""

from __future__ import annotations

from dataclasses import dataclass

from tinyrob.files.toml_table import Table


@dataclass(frozen=True)
class Power:
    """Current of the part while its core runs, in microamperes a MHz of its clock, at ``volts``;
    ``conditions`` are the data sheet's, which ``source`` names."""

    ua_per_mhz: float
    volts: float
    conditions: str
    source: str

    def microjoules(self, cycles: int) -> float:
        """The energy of so many cycles: of the part alone, no board, sensor or radio."""
        return self.ua_per_mhz * self.volts * cycles * 1e-6


def read_power(top: Table) -> Power | None:
    """The table, or None. Raises the table's error."""
    table = top.optional_table("power")
    if table is None:
        return None
    power = Power(
        ua_per_mhz=table.number("ua_per_mhz", 0.1, 1e5),
        volts=table.number("volts", 0.5, 60.0),
        conditions=table.text("conditions"),
        source=table.text("source"),
    )
    table.done()
    return power
