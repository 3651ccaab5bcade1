"""Texts as Markdown shows them literally, whoever wrote them."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

Node = TypeVar("Node")

_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "\\": "&#92;", "`": "&#96;"}
)


def literal(text: str) -> str:
    """Return one line that is neither markup nor HTML, nor the end of a table's field."""
    line = " ".join(text.split()).translate(_ESCAPES)
    return line.replace("](", "]&#40;").replace("![", "&#33;[")


def code_block(text: str) -> str:
    """Return lines that stay within an indented block, whose first line is indented already."""
    return "\n    ".join(text.splitlines())


def all_literal(node: Node) -> Node:
    """Return a dataclass, a sequence or a text with every text in it literal."""
    found: Any = node
    if isinstance(found, str):
        found = literal(found)
    elif isinstance(found, list | tuple):
        found = type(found)(map(all_literal, found))
    elif is_dataclass(found) and not isinstance(found, type):
        values = {field.name: getattr(found, field.name) for field in fields(found) if field.init}
        found = replace(found, **{name: all_literal(value) for name, value in values.items()})
    return found  # type: ignore[no-any-return]
