"""A sweep's call in Python, as the report repeats it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from xorsweep.functions.source import is_importable, short_name
from xorsweep.grid.levels import plain_value

MOST_LEVELS = 50
"""Levels of an axis up to which a call has all of them."""


def function_call(full_name: str, axes: Mapping[str, Any], options: Mapping[str, Any]) -> str:
    """Return the lines that sweep a function `module:function`, imported where it can be."""
    module, _, function = full_name.partition(":")
    imports = "import xorsweep\n"
    if is_importable(full_name):
        imports += f"from {module} import {function.partition('.')[0]}\n"
    else:
        function = short_name(full_name)
    return f"{imports}{call_text('sweep_function', function, axes, options)}"


def call_text(name: str, first: str, axes: Mapping[str, Any], options: Mapping[str, Any]) -> str:
    """Return a call of the Python interface with its axes and its other arguments."""
    given = [first, _axes_text(axes)]
    for key, value in options.items():
        text = f"[{', '.join(map(_axes_text, value))}]" if key == "blocks" else repr(value)
        given.append(f"{key}={text}")
    return f"xorsweep.{name}({', '.join(given)})"


def _axes_text(axes: Mapping[str, Any]) -> str:
    return f"{{{', '.join(f'{key!r}: {_levels_text(value)}' for key, value in axes.items())}}}"


def _levels_text(levels: Any) -> str:
    levels = plain_value(levels)
    if not isinstance(levels, list | tuple):
        # An iterator has been read to its end already.
        return "..." if isinstance(levels, Iterator) else repr(levels)
    texts = [repr(plain_value(level)) for level in levels]
    if len(texts) > MOST_LEVELS:
        texts = [*texts[: MOST_LEVELS - 1], "...", texts[-1]]
    return f"[{', '.join(texts)}]"
