"""Functions by name and source: how to find one again, and to detect that it has changed."""

from __future__ import annotations

import ast
import hashlib
import inspect
import sys
import textwrap
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from xorsweep.errors import ConfigError
from xorsweep.fields import Scalar
from xorsweep.functions.signature import Function
from xorsweep.text import exception_text, format_value, one_line


def load_function(name: str) -> Function:
    """Return the function that `package.module:function` names; raises ConfigError."""
    if ":" not in name:
        raise ConfigError(f"{name}: a function is named as package.module:function")
    if str(Path.cwd()) not in sys.path:  # the installed script has its own folder there
        sys.path.insert(0, str(Path.cwd()))
    try:
        found = resolve_name(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a module may raise anything while it is imported
        raise ConfigError(
            f"{name}: can't be imported ({one_line(exception_text(error))}){_name_hint(name)}"
        ) from None
    if not callable(found):
        raise ConfigError(f"{name}: isn't a function")
    function: Function = found
    return function


def _name_hint(name: str) -> str:
    """Return a correction of a name that can't be imported, as the end of a line; or nothing."""
    module, _, attribute = name.partition(":")
    if module.endswith(".py"):
        parts = Path(module.removesuffix(".py")).parts
        return f"; write {'.'.join(parts)}:{attribute}"
    if module not in sys.modules:
        return ""
    known = [each for each, value in vars(sys.modules[module]).items() if callable(value)]
    near = get_close_matches(attribute, known, n=1)
    return f"; did you mean {module}:{near[0]}?" if near else ""


def name_of(function: Function) -> str:
    """Return a function's name as `load_function` takes it."""
    inner = _unwrapped(function)
    module = getattr(inner, "__module__", None)
    return f"{module}:{getattr(inner, '__qualname__', type(inner).__qualname__)}"


def short_name(name: str) -> str:
    """Return a function's name without its module and the functions that it is made in."""
    return name.partition(":")[2].rpartition("<locals>.")[2]


def is_importable(name: str) -> bool:
    """Tell whether a command can name a function."""
    module, _, function = name.partition(":")
    return module not in ("__main__", "None") and "<" not in function


def source_digest(function: Function) -> str | None:
    """Return a digest of a function's source and of the plain values that it captures.

    None without a source. Functions that it calls are excluded.
    """
    source = _source_of(_unwrapped(function))
    if source is None:
        return None
    text = "\n".join([source, *_captured(function)])
    return hashlib.blake2b(text.encode(errors="backslashreplace"), digest_size=16).hexdigest()


def _unwrapped(function: Any) -> Any:
    while isinstance(function, partial):
        function = function.func
    return inspect.unwrap(function)


def _source_of(function: Any) -> str | None:
    target = function if hasattr(function, "__code__") else type(function)
    try:
        # getsource of a lambda is the statement around it, whose other parts may change.
        lines, _ = inspect.findsource(target)
        block = inspect.getsource(target)
    except (TypeError, OSError):
        return None
    if getattr(target, "__name__", "") == "<lambda>":
        return _lambda_source("".join(lines), target.__code__.co_firstlineno) or block
    return textwrap.dedent(block)


def _lambda_source(text: str, line: int) -> str | None:
    """Return the source of the lambdas on a line, without the code around them."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return None
    found = [
        each for each in ast.walk(tree) if isinstance(each, ast.Lambda) and each.lineno == line
    ]
    segments = [ast.get_source_segment(text, each) or "" for each in found]
    return "\n".join(segments) or None


def _captured(function: Any) -> list[str]:
    """Return the plain values that a function has beside its source."""
    values: dict[str, Any] = {}
    while isinstance(function, partial):
        values |= {str(place): value for place, value in enumerate(function.args)}
        values |= function.keywords
        function = function.func
    code, closure = getattr(function, "__code__", None), getattr(function, "__closure__", None)
    for name, cell in zip(code.co_freevars if code else (), closure or (), strict=False):
        try:
            values[name] = cell.cell_contents
        except ValueError:  # it is bound later
            continue
    # An object with __call__: it keeps values in attributes as a function does in its closure.
    if code is None:
        values |= getattr(function, "__dict__", {})
    plain = {name: value for name, value in values.items() if isinstance(value, Scalar)}
    return [f"{name}={format_value(value)}" for name, value in sorted(plain.items())]
