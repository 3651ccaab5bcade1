"""How pages are made of templates, and texts escaped for Markdown."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any, TypeVar

from jinja2 import Environment, PackageLoader, StrictUndefined

from xorsweep.text import SIGNS, typeset, typeset_sign

Node = TypeVar("Node")

_ESCAPES = str.maketrans(
    # Entities, as renderers differ in which characters a backslash escapes.
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "\\": "&#92;", "`": "&#96;"}
)

_PARTS = re.compile(
    r"(?P<code><(?P<name>script|style|pre|code|textarea)\b.*?</(?P=name)>|python -m [^<]*)|"
    rf"(?P<tag><[^>]*>)|{SIGNS.pattern}",
    re.DOTALL,
)
"""Code, which is copied or run rather than read; tags; and characters to typeset in the rest."""
_READ_ALOUD = re.compile(r'(?<= )(?:alt|aria-label|title)="[^"]*"')


@cache
def environment() -> Environment:
    """Return the environment of the package's templates; undefined names are errors.

    It keeps the templates that it has compiled.
    """
    return Environment(
        loader=PackageLoader("xorsweep.reporting"),
        autoescape=lambda name: bool(name) and "html" in str(name),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def render_page(name: str, **values: object) -> str:
    """Return a page, whose text is typeset."""
    return typeset_markup(environment().get_template(name).render(**values))


def typeset_markup(markup: str) -> str:
    """Return HTML with its text typeset, also that which is read aloud; code stays as it is."""
    return _PARTS.sub(_typeset_part, markup)


def _typeset_part(part: re.Match[str]) -> str:
    if part["code"]:
        return part[0]
    if part["tag"]:
        return _READ_ALOUD.sub(lambda text: typeset(text[0]), part[0])
    return typeset_sign(part)


def data_uri(media_type: str, data: bytes) -> str:
    """Return a URI that holds the data itself."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def page_json(data: Mapping[str, Any]) -> str:
    """Return data as JSON that can stand in a script element of a page."""
    # JavaScript has NaN, but JSON hasn't: JSON.parse would refuse the whole page's data.
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    # `</script>` in a text would end the element, and autoescape's entities aren't read there.
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def escape_markdown(node: Node) -> Node:
    """Return a text, or a dataclass or sequence of texts, of which nothing is markup or HTML."""
    found: Any = node
    if isinstance(found, str):
        # A line break would end a table's row, or a sentence of a list.
        line = " ".join(found.split()).translate(_ESCAPES)
        # Brackets alone are text, and intervals have them; these pairs start a link and an image.
        found = line.replace("](", "]&#40;").replace("![", "&#33;[")
    elif isinstance(found, list | tuple):
        found = type(found)(map(escape_markdown, found))
    elif is_dataclass(found) and not isinstance(found, type):
        # `replace` refuses fields that __init__ doesn't take.
        values = {field.name: getattr(found, field.name) for field in fields(found) if field.init}
        found = replace(found, **{name: escape_markdown(each) for name, each in values.items()})
    return found  # type: ignore[no-any-return]


def code_block(text: str) -> str:
    """Return lines that stay within an indented block, whose first line is indented already."""
    return "\n    ".join(text.splitlines())
