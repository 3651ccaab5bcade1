"""Executes docs/tutorial.ipynb and stores its output: `python -m benchmarks.tutorial`."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from nbclient import NotebookClient

TUTORIAL = Path(__file__).parent.parent / "docs" / "tutorial.ipynb"


def executed(folder: Path) -> Any:
    """Return the tutorial as a fresh kernel in a folder leaves it; raises for a cell that fails.

    Its sweeps are trained anew, in a cache of their own in that folder.
    """
    notebook = nbformat.read(TUTORIAL, as_version=4)
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
    client = NotebookClient(
        notebook,
        timeout=None,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute(env=environment)
    return notebook


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        nbformat.write(executed(Path(folder)), TUTORIAL)
    print(TUTORIAL)
