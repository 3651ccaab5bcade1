"""The budget of processes, reports and kernels of the quick tests."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import budget

from xorsweep.reporting.drawing import LIBRARIES


def test_processes_of_python_reports_and_kernels_are_counted(tmp_path: Path) -> None:
    with budget.counted_for("here"):
        subprocess.run([sys.executable, "-S", "-c", ""], check=True)
        subprocess.run(["true"], check=True)
        for name in ("results.csv", "report.html", "kernel.1.nbc"):
            (tmp_path / "written").touch()
            os.replace(tmp_path / "written", tmp_path / name)
    assert budget.started.pop("here") == Counter(processes=1, reports=1, kernels=1)


def test_a_fixture_that_is_made_again_counts_once(tmp_path: Path) -> None:
    for reports in (1, 2, 1):
        with budget.counted_once_for("here"):
            for _ in range(reports):
                (tmp_path / "written").touch()
                os.replace(tmp_path / "written", tmp_path / "report.html")
    assert budget.started.pop("here") == Counter(reports=2)


def test_the_process_that_draws_is_not_counted_for_the_test_that_starts_it() -> None:
    before = budget.started.pop(budget.DRAWING, Counter())
    with budget.counted_for("here"):
        subprocess.run([sys.executable, "-S", "-c", f"# {LIBRARIES}"], check=True)
    assert not budget.started.pop("here", Counter()).total()
    assert budget.started.pop(budget.DRAWING) == Counter(processes=1)
    budget.started[budget.DRAWING] = before


def test_each_limit_that_is_exceeded_is_a_line() -> None:
    assert budget.exceeded(Counter(budget.MOST)) == []
    (line,) = budget.exceeded(Counter(budget.MOST) + Counter(reports=1))
    most = budget.MOST["reports"]
    assert line.startswith(f"the quick tests started {most + 1} reports, and at most {most} are")
