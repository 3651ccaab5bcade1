"""The stored output of the tutorial is that of its cells, pictures included."""

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from benchmarks.tutorial import TUTORIAL, executed

MOST_BYTES = 600_000


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def texts_of(cell: Any) -> list[str]:
    """Return the output of a cell, as text: printed, plain, and the words of HTML and SVG."""
    texts = []
    for output in cell.outputs:
        assert output.output_type != "error", output
        data = output.get("data", {})
        texts += [output.get("text", ""), data.get("text/plain", "")]
        texts.append(" ".join(re.sub(r"<[^>]+>", " ", data.get("text/html", "")).split()))
    return texts


def test_the_stored_tutorial_has_its_pictures_and_is_small() -> None:
    cells = code_cells(nbformat.read(TUTORIAL, as_version=4))
    kinds = [kind for cell in cells for output in cell.outputs for kind in output.get("data", {})]
    html = [
        o.data["text/html"] for c in cells for o in c.outputs if "text/html" in o.get("data", {})
    ]
    assert kinds.count("image/png") >= 3
    assert sum("<svg" in text for text in html) >= 3
    assert sum("data:image/png" in text for text in html) >= 4
    assert TUTORIAL.stat().st_size < MOST_BYTES


def test_the_tutorial_begins_with_the_notebook_and_ends_with_a_sweep() -> None:
    cells = code_cells(nbformat.read(TUTORIAL, as_version=4))
    printed = cells[1].outputs[0].text
    for weight in ("0.52399551", "0.91433687", "0.46824842", "-4.5245323", "6.3132186"):
        assert weight in printed
    assert "sweep.run" in cells[-1].source


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_the_tutorial_has_its_stored_output(tmp_path: Path) -> None:
    stored, fresh = nbformat.read(TUTORIAL, as_version=4), executed(tmp_path)
    for one, other in zip(code_cells(stored), code_cells(fresh), strict=True):
        assert texts_of(one) == texts_of(other), one.source
