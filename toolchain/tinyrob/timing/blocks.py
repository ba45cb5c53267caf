"""The price of a basic block: what its instructions cost, and why, by the core's table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tinyrob.timing import decode as kinds
from tinyrob.timing.decode import Instruction
from tinyrob.timing.tables import Timing

_MAKE = (kinds.OTHER, kinds.MULTIPLY, kinds.MULTIPLY_ADD, kinds.MULTIPLY_LONG)
ISSUE = "instruction"
TAKEN = "branch taken"


def price(block: Sequence[Instruction], core: Timing) -> Counter[str]:
    """Cycles by cause; the branch at its end is not taken."""
    why: Counter[str] = Counter()
    before: Instruction | None = None
    paired = False
    for one in block:
        _stall(one, before, core, why)
        paired = not paired and before is not None and _pair(before, one, core.pairs)
        _cost(one, before, core, why, paired)
        before = one
    return why


def _pair(first: Instruction, second: Instruction, pairs: str) -> bool:
    """Whether ``second`` is issued in the cycle of ``first``."""
    if pairs == "none" or (pairs == "narrow" and first.size + second.size > 4):
        return False
    units = _unit(first), _unit(second)
    if None in units or (units[0] == units[1] and units[0] != kinds.OTHER):
        return False
    return not first.writes & (second.reads | second.address)


def _unit(one: Instruction) -> str | None:
    """What an instruction is carried out by, of which there is one; of ``OTHER`` there are two;
    None: it is issued alone."""
    if one.kind in (kinds.LOAD, kinds.STORE) and not one.to_pc:
        return kinds.LOAD
    if one.kind in (kinds.MULTIPLY, kinds.MULTIPLY_ADD, kinds.MULTIPLY_LONG):
        return kinds.MULTIPLY
    return one.kind if one.kind in (kinds.OTHER, kinds.BRANCH) else None


def refill(last: Instruction, target: Instruction, core: Timing) -> int:
    """What the branch that ends a block costs more where it is taken."""
    cycles = core.cycles
    if last.kind in (kinds.LOAD, kinds.MULTIPLE):
        refilled = cycles["branch_load_refill"]
    elif last.kind == kinds.TABLE_BRANCH:
        refilled = cycles["table_branch_refill"]
    elif last.kind == kinds.BRANCH:
        refilled = cycles["branch_refill"]
    else:
        refilled = cycles["branch_register_refill"]
    wide = target.at % 4 != 0 and target.size == 4
    return refilled + (cycles["wide_target"] if wide else 0)


def _stall(one: Instruction, before: Instruction | None, core: Timing, why: Counter[str]) -> None:
    """A result that the instruction before has just loaded, or an address that a data processing
    instruction has just made."""
    if before is not None and before.kind == kinds.LOAD and before.writes & one.reads:
        _book(why, "load, used at once", core.cycles["load_use"])
    if before is None or before.kind not in _MAKE or one.kind not in kinds.MEMORY:
        return
    if before.writes & one.address:
        _book(why, "address stall", core.cycles["address_stall"])


def _cost(
    one: Instruction, before: Instruction | None, core: Timing, why: Counter[str], paired: bool
) -> None:
    cycles, kind = core.cycles, one.kind
    if kind == kinds.IF_THEN:
        folded = before is not None and before.size == 2 and before.kind != kinds.IF_THEN
        _book(why, "IT", cycles["if_then_folded" if folded else "if_then"])
        return
    if kind == kinds.TABLE_BRANCH:
        _book(why, ISSUE, cycles["table_branch"])
        return
    _book(why, ISSUE, 0 if paired else 1)
    if kind == kinds.LOAD:
        follows = before is not None and before.kind == kinds.LOAD and not before.to_pc
        waits = before is not None and bool(before.writes & one.address)
        piped = follows and not waits
        name = "load_pipelined" if piped else "load"
        _book(why, "load, not pipelined", cycles[name] - 1)
    elif kind == kinds.STORE:
        name = "store_indexed" if one.indexed else "store"
        _book(why, "store", cycles[name] - 1)
    elif kind == kinds.DOUBLE:
        _book(why, "LDRD, STRD", cycles["double"] - 1)
    elif kind == kinds.MULTIPLE:
        _book(
            why,
            "LDM, STM words",
            cycles["multiple"] - 1 + cycles["word"] * -(-one.words // core.words),
        )
    else:
        name = _MORE.get(kind, "")
        if name:
            _book(why, kind, cycles[name] - 1)


_MORE = {
    kinds.MULTIPLY: "multiply",
    kinds.MULTIPLY_ADD: "multiply_add",
    kinds.MULTIPLY_LONG: "multiply_long",
    kinds.DIVIDE: "divide",
    kinds.FLOAT_DIVIDE: "float_divide",
    kinds.FLOAT_MULTIPLY_ADD: "float_multiply_add",
}


def _book(why: Counter[str], reason: str, cycles: int) -> None:
    if cycles:
        why[reason] += cycles
