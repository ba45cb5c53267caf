"""EQUAL, GREATER and their like: which of two integers they take."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from tinyrob.ir import operators as kinds

COMPARISONS: dict[type[kinds.Attributes], Callable[[Any, Any], Any]] = {
    kinds.Equal: operator.eq,
    kinds.NotEqual: operator.ne,
    kinds.Greater: operator.gt,
    kinds.GreaterEqual: operator.ge,
    kinds.Less: operator.lt,
    kinds.LessEqual: operator.le,
}
