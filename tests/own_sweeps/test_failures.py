"""Failed points, interrupts, damaged parts and forged manifests."""

import json
import shutil
import sys
from pathlib import Path

import functions_to_sweep as some
import pandas as pd
import pytest

import xorsweep as xs
from xorsweep.errors import StoreError
from xorsweep.sweeps.verify import verify

from .calls import TIMES, rows_of, sweep


def test_failures_are_rows_and_run_again_by_the_next_call(tmp_path: Path) -> None:
    moods = ["bad"]

    def moody(x: int) -> int:
        if moods and x == 2:
            raise ValueError("no")
        return x

    result = sweep(tmp_path / "s", moody, {"x": range(4)})
    assert result.counts == {"planned": 4, "ok": 3, "failed": 1}
    assert pd.read_csv(tmp_path / "s/results.csv")["message"].dropna().tolist() == [
        "ValueError: no"
    ]
    moods.clear()
    assert sweep(tmp_path / "s", moody, {"x": range(4)}).counts["failed"] == 0


def test_the_first_point_may_fail(tmp_path: Path) -> None:
    frame = sweep(tmp_path, some.refusing_five, {"x": [5, 6]}).results
    assert frame["status"].tolist() == ["failed", "ok"]


def test_stopping_at_a_failure_keeps_the_finished_points(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"on_failure=stop: 1 point failed: ArithmeticError: five"):
        sweep(tmp_path / "s", some.refusing_five, {"x": range(9)}, on_failure="stop")
    assert json.loads((tmp_path / "s/manifest.json").read_text())["state"] == "interrupted"


def test_an_interrupt_ends_it_resumably(tmp_path: Path) -> None:
    stops = [True]

    def stopping(x: int) -> int:
        if stops and x == 6:
            raise KeyboardInterrupt
        return x

    with pytest.raises(KeyboardInterrupt):
        sweep(tmp_path / "s", stopping, {"x": range(9)})
    assert json.loads((tmp_path / "s/manifest.json").read_text())["state"] == "interrupted"
    stops.clear()
    assert sweep(tmp_path / "s", stopping, {"x": range(9)}).results["value"].tolist() == [*range(9)]


def test_a_damaged_part_is_set_aside_and_run_again(swept: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(swept, folder)
    part = max((folder / "parts").iterdir(), key=lambda path: path.stat().st_size)
    part.write_bytes(part.read_bytes()[:-20])
    (folder / "manifest.json").write_text(
        (folder / "manifest.json").read_text().replace('"finished"', '"interrupted"', 1)
    )
    sweep(folder, times=TIMES)
    assert rows_of(folder) == rows_of(swept)
    assert [path.name for path in (folder / "damaged").iterdir()] == [part.name]


@pytest.mark.parametrize("forged", ["victim:f", "victim:train", "victim"])
def test_no_name_in_a_manifest_is_ever_imported(
    forged: str, swept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(swept, folder)
    (folder / "victim.py").write_text("raise SystemExit('imported')\n")
    monkeypatch.syspath_prepend(str(folder))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["options"]["function"] = forged
    (folder / "manifest.json").write_text(json.dumps(manifest))
    if forged == "victim:train":  # which could be meant
        assert verify(str(folder)).wrong == []
        assert len(xs.load(folder).results) == 120
    else:
        with pytest.raises(StoreError, match="its experiment isn't one that this version knows"):
            verify(str(folder))
    assert "victim" not in sys.modules
