"""Operators on values of a program: subscripts, sums and comparisons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shipworthy.facts.python_code.config import configured
from shipworthy.facts.python_code.values import (
    Attribute,
    Class,
    Const,
    External,
    Item,
    Made,
    Map,
    Seq,
    Unknown,
    Unset,
    Value,
    join,
)

if TYPE_CHECKING:
    from shipworthy.facts.python_code.program import Program

_NOT_TOLD = Unknown("not told")


def item_of(program: Program, base: Value, index: Value) -> Value:
    """`base[index]`."""
    wanted = index.value if isinstance(index, Const) else None
    if isinstance(base, Map):
        fitting = [value for key, value in base.pairs if isinstance(key, Const) and key.value == wanted]
        if fitting and wanted is not None:
            return fitting[-1]
        found: Value | None = None
        for _key, value in base.pairs[:20]:
            found = join(found, value)
        return found or _NOT_TOLD
    if isinstance(base, Seq) and isinstance(wanted, int) and not base.open and wanted < len(base.items):
        return base.items[wanted]
    if isinstance(base, Attribute) and base.name == "config" and isinstance(wanted, str):
        return configured(program, base.owner, wanted) or Unknown("a setting")
    if isinstance(base, (External, Class, Made, Attribute)):
        return Item(base, index)
    return _NOT_TOLD


def sum_of(left: Value, right: Value) -> Value:
    """`left + right`, and `left | right` of an annotation."""
    if isinstance(left, Const) and isinstance(right, Const):
        if isinstance(left.value, str) and isinstance(right.value, str):
            return Const(left.value + right.value)
    elif isinstance(left, Seq):
        more = right.items if isinstance(right, Seq) else []
        return Seq([*left.items, *more], open=left.open or not isinstance(right, Seq) or right.open)
    elif isinstance(left, (External, Class, Item)) and isinstance(right, (Const, External, Class, Item)):
        return left
    return _NOT_TOLD


def compared(left: Value, operator: str, right: Value) -> Value:
    """`left operator right` where both are known; an environment variable that is not set equals nothing."""
    operator = " ".join(operator.split())
    negative = operator in ("!=", "is not", "not in")
    if isinstance(left, Unset) or isinstance(right, Unset):
        return Const(negative)
    if operator in ("in", "not in") and isinstance(right, Seq) and isinstance(left, Const):
        if all(isinstance(each, Const) for each in right.items) and not right.open:
            held = any(isinstance(each, Const) and each.value == left.value for each in right.items)
            return Const(held is not negative)
    elif operator in ("==", "is", "!=", "is not") and isinstance(left, Const) and isinstance(right, Const):
        return Const((left.value == right.value) is not negative)
    return _NOT_TOLD
