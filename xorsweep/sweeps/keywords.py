"""Errors that name the keywords of a call in Python, where code below names configuration keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from xorsweep.errors import XorsweepError

_KEYWORD_OF = {
    "grid.where": "where",
    "grid.zip": "zip",
    "grid.blocks": "blocks",
    "parallel.n_jobs": "n_jobs",
    "hydra.sweep.dir": "folder",
}
_KEYS = re.compile(rf"(?<![\w.])({'|'.join(map(re.escape, _KEYWORD_OF))})(?!\w)")


@contextmanager
def keywords_in_errors() -> Iterator[None]:
    """Reword the errors that are raised within: `where=lr <: ...` for `grid.where=lr <: ...`."""
    try:
        yield
    except XorsweepError as error:
        error.args = (_KEYS.sub(lambda match: _KEYWORD_OF[match[1]], str(error)),)
        raise
