"""The progress that a caller from Python sees while a sweep runs."""

import io
import logging
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from rich.console import Console

from xorsweep.analysis.export import Failure
from xorsweep.reporting.console_python import NotebookConsole, ScriptConsole, caller_console


def script() -> tuple[ScriptConsole, io.StringIO]:
    text = io.StringIO()
    return ScriptConsole(Console(file=text, width=100, soft_wrap=True)), text


def test_a_script_hears_of_failures_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    told, text = script()
    with caplog.at_level(logging.INFO, logger="xorsweep"):
        told.log("2 learning rates: 2 results")
    told.rates(pd.DataFrame(), [])
    told.paths([])
    with told.progress(10) as advance:
        advance(10)
    assert text.getvalue() == ""
    assert "2 learning rates: 2 results" in caplog.text
    told.failures([Failure("no memory", 3, "python -m xorsweep lr=1")])
    assert text.getvalue().startswith("3 points failed: no memory\n")
    told.warn("compiling")
    assert text.getvalue().endswith("compiling\n")


def test_a_script_hears_how_far_a_long_sweep_is() -> None:
    told, text = script()
    told.line_every = 0.0
    with told.progress(100) as advance:
        advance(25)
        advance(75)
    assert text.getvalue().startswith("25 % trained, ")
    assert text.getvalue().count("\n") == 1


def test_without_progress_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    told = caller_console(progress=False)
    told.warn("compiling")
    assert capfd.readouterr() == ("", "")
    assert isinstance(caller_console(progress=True), ScriptConsole)


def test_a_notebook_keeps_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def display(data: dict[str, str], **_: object) -> Any:
        said.append(data["text/plain"])
        return SimpleNamespace(update=display)

    monkeypatch.setattr("IPython.display.display", display)
    told = NotebookConsole()
    told.line_every = -1.0
    told.log("2 learning rates: 2 results")
    with told.progress(100) as advance:
        advance(25)
    assert said[0] == "2 learning rates: 2 results"
    assert said[1].startswith("25 % trained, ")
