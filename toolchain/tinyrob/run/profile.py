"""What each layer costs: counted on the device, beside what the build knows of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from tinyrob.errors import RunnerError
from tinyrob.project.build_folder import BuildFolder
from tinyrob.run.base import Int8Array, Runner
from tinyrob.run.device import DeviceRunner

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True)
class LayerProfile:
    """One layer of one inference. ``weights_bytes`` are all its constants in flash, ``ram_bytes``
    what is alive in the arena while it runs."""

    name: str
    op: str
    instructions: int
    macs: int
    weights_bytes: int
    ram_bytes: int

    @property
    def instructions_per_mac(self) -> float | None:
        """None for a layer without MACs."""
        return self.instructions / self.macs if self.macs else None

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {**asdict(self), "instructions_per_mac": self.instructions_per_mac}


def profile(folder: BuildFolder, runner: Runner, one: Int8Array) -> tuple[LayerProfile, ...]:
    """Every layer, in execution order, for one input (*input_shape). One in bands is one row: the
    sum of its calls, and the most memory of any.

    Raises RunnerError where the runner is no device, or counts no instructions.
    """
    if not isinstance(runner, DeviceRunner):
        raise RunnerError(
            f"{runner.name} runs no firmware: there is nothing to count", "profile with --on qemu"
        )
    found: dict[str, LayerProfile] = {}
    for layer, count in zip(folder.manifest.layers, runner.profile(one), strict=True):
        had = found.get(layer.name, LayerProfile(layer.name, layer.op, 0, 0, 0, 0))
        found[layer.name] = replace(
            had,
            instructions=had.instructions + count,
            macs=had.macs + layer.macs,
            weights_bytes=had.weights_bytes + layer.weights_bytes,
            ram_bytes=max(had.ram_bytes, layer.ram_bytes),
        )
    return tuple(found.values())


def render(layers: Sequence[LayerProfile], cycles: Sequence[int] = ()) -> Table:
    """A row for each layer, and their sum; with estimated ``cycles`` where there are any."""
    from rich.table import Table

    total = sum(layer.instructions for layer in layers)
    macs = sum(layer.macs for layer in layers)
    table = Table(show_footer=True)
    table.add_column("layer", "all", overflow="fold")
    table.add_column("operator", overflow="fold")
    table.add_column("instructions", f"{total:,}", justify="right")
    table.add_column("share", "100 %", justify="right")
    if cycles:
        table.add_column("cycles (estimate)", f"{sum(cycles):,}", justify="right")
    table.add_column("MACs", f"{macs:,}", justify="right")
    table.add_column("a MAC", f"{total / macs:.2f}" if macs else "", justify="right")
    weights = sum(layer.weights_bytes for layer in layers)
    table.add_column("weights, B", f"{weights:,}", justify="right")
    peak = max((layer.ram_bytes for layer in layers), default=0)
    table.add_column("RAM, B", f"{peak:,}", justify="right")
    for index, layer in enumerate(layers):
        ratio = layer.instructions_per_mac
        table.add_row(
            layer.name.split(";")[0],
            layer.op,
            f"{layer.instructions:,}",
            f"{100 * layer.instructions / max(total, 1):.1f} %",
            *([f"{cycles[index]:,}"] if cycles else []),
            f"{layer.macs:,}" if layer.macs else "",
            "" if ratio is None else f"{ratio:.2f}",
            f"{layer.weights_bytes:,}",
            f"{layer.ram_bytes:,}",
        )
    return table
