"""Rules of variables and of what keeps a state."""

from __future__ import annotations

from tinyrob.ir.graph import Tensor
from tinyrob.ir.rules.common import Site


def check_read(site: Site) -> None:
    """READ_VARIABLE."""
    site.count(1, 1)
    variable = variable_of(site, 0)
    _holds(site, variable, site.output)


def check_assign(site: Site) -> None:
    """ASSIGN_VARIABLE."""
    site.count(2, 2)
    if site.op.outputs:
        site.contradiction(f"has {len(site.op.outputs)} outputs")
    _holds(site, variable_of(site, 0), site.quantized(1))


def variable_of(site: Site, position: int) -> Tensor:
    """An input that is a variable."""
    tensor = site.operand(position)
    if tensor is None or tensor.initial is None:
        site.refuse(f"input {position} is no variable", "convert with variables of the network")
    return tensor


def _holds(site: Site, variable: Tensor, value: Tensor) -> None:
    if (variable.dtype, variable.elements) != (value.dtype, value.elements):
        site.contradiction(
            f"{value.name!r} is {value.dtype} {list(value.shape)}, the variable {variable.dtype} "
            f"{list(variable.shape)}"
        )
