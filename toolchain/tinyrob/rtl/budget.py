"""Which form each layer takes: the cheapest for a wanted interval, or the fastest that a device
holds; and what is said where there is none."""

from __future__ import annotations

from typing import Literal

import numpy as np

from tinyrob.errors import DoesNotFit
from tinyrob.frozen import model as fr
from tinyrob.frozen.model import FrozenModel
from tinyrob.rtl.devices import DEVICES, Device
from tinyrob.rtl.planner import USABLE, Plan, Planner, over

# Weights that are not zero.
_MOST_UNROLLED = 16_000
Form = Literal["auto", "unrolled", "folded"]
_NAMES = {"luts": "LUT places", "rams": "block RAMs", "dsps": "multipliers"}


def choose(
    model: FrozenModel, device: Device, interval: int | None = None, *, folded: bool = False
) -> Plan:
    """Forms for every layer that computes: the cheapest for ``interval``, else the fastest.

    A layer that ``folds`` lacks is unrolled or bit-serial; with ``folded`` there are none.

    Raises DoesNotFit that names the resource, the layer that takes most of it and what would fit.
    """
    planner = Planner(model, device, folded=folded)
    if interval is None:
        found = planner.fastest()
        if found is None:
            raise _too_large(planner.plan(1 << 30), device, None, _larger(model, device, 1 << 30))
        return found
    chosen = planner.plan(interval)
    if chosen.interval > interval:
        raise _too_slow(chosen, device, interval, planner.fastest())
    if over(chosen.cost, device):
        fits = planner.fastest()
        raise _too_large(chosen, device, fits, _larger(model, device, interval))
    return chosen


def small(model: FrozenModel) -> bool:
    """Whether all of ``model`` may be unrolled: da4ml is done in a minute, an ECP5 may hold it."""
    count = sum(
        int(np.count_nonzero(node.kernel))
        for node in model.nodes
        if isinstance(node, fr.Conv2D | fr.DepthwiseConv2D | fr.Dense)
    )
    return count <= _MOST_UNROLLED


def forms(
    model: FrozenModel,
    device: Device,
    form: Form = "auto",
    interval: int | None = None,
    *,
    fits: bool = False,
) -> Plan | None:
    """What ``form`` asks for; None: every layer unrolled, or bit-serial where ``interval`` allows.

    "auto" is that for a small model without an interval that need not fit ``device`` (``fits``),
    and else each layer's cheapest form.
    Raises DoesNotFit.
    """
    whole = form == "auto" and interval is None and not fits and small(model)
    if whole or form == "unrolled":
        return None
    return choose(model, device, interval, folded=form == "folded")


def _larger(model: FrozenModel, device: Device, interval: int) -> Device | None:
    """The smallest device beyond ``device`` that holds ``model`` at ``interval``."""
    for other in DEVICES.values():
        if other.luts > device.luts:
            plan = Planner(model, other).plan(interval)
            if plan.interval <= interval and not over(plan.cost, other):
                return other
    return None


def _too_slow(chosen: Plan, device: Device, interval: int, fits: Plan | None) -> DoesNotFit:
    name = chosen.slowest
    return DoesNotFit(
        f"layer {name!r} takes at least {chosen.cycles[name]:,} cycles an image, and "
        f"{interval:,} were asked for",
        f"the shortest that {device.name} holds is --interval {fits.interval}"
        if fits is not None
        else f"give it more cycles (--interval); {device.name} holds it with none",
    )


def _too_large(
    chosen: Plan, device: Device, fits: Plan | None, larger: Device | None
) -> DoesNotFit:
    cost = chosen.cost
    short = over(cost, device)
    lines = []
    for name in short:
        layer = max(chosen.costs, key=lambda one: getattr(chosen.costs[one], name))
        lines.append(
            f"{getattr(cost, name):,.0f} {_NAMES[name]} of {getattr(device, name):,} (usable: "
            f"{USABLE[name]:.0%}), most of them for layer {layer!r}"
        )
    hints = []
    if fits is not None:
        hints.append(f"{device.name} holds it at --interval {fits.interval}")
    if larger is not None:
        how = "--device" if device.name in DEVICES else "a --board with one"
        hints.append(f"{larger.name} holds it ({how})")
    return DoesNotFit(
        f"the network needs {' and '.join(lines)} on {device.name}",
        "; ".join(hints) if hints else "no device of ours holds it: take a smaller network",
    )
