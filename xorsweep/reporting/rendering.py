"""How pages are made of templates, each one file that needs nothing else."""

from __future__ import annotations

import base64

from jinja2 import Environment, PackageLoader, StrictUndefined


def environment() -> Environment:
    """Return what renders the package's templates; undefined names are errors."""
    return Environment(
        loader=PackageLoader("xorsweep.reporting"),
        autoescape=lambda name: bool(name) and "html" in str(name),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def data_address(kind: str, data: bytes) -> str:
    """Return an address that holds the data itself, of a media type such as `image/png`."""
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"
