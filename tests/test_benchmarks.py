"""The model of a sweep's time, and the document that it is written into."""

import subprocess
from dataclasses import fields, replace
from importlib import import_module
from pathlib import Path
from time import process_time

import pytest

from benchmarks.costs import Costs
from benchmarks.landed import Ratio, beside, read_landed, worse, write_ratios
from benchmarks.scaling import (
    Measured,
    bytes_in_memory,
    cores_fed,
    filled,
    predicted,
    tables,
)
from benchmarks.steps import Clock, section

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "scaling.md"
FREE = Costs(**{field.name: 0 for field in fields(Costs)} | {"capacity": 1000})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("costs", "workers", "seconds"),
    [
        (replace(FREE, net_epoch=1e-6), 1, 20.0),
        (replace(FREE, net_epoch=1e-6), 2, 10.0),
        (replace(FREE, net_epoch=1e-6), 8, 5.0),  # four cores
        (replace(FREE, net_epoch=1e-6, start=1.0, start_loky=3.0), 2, 14.0),
        (replace(FREE, trajectory=1e-3), 1, 200.0),
        (replace(FREE, row_plan=1e-3, row_finish=1e-3), 2, 400.0),
        (replace(FREE, net_epoch=1e-6, row_store=2e-4), 1, 40.0),
        (replace(FREE, net_epoch=1e-6, row_store=1e-4, row_loky=1e-4), 2, 40.0),
        (replace(FREE, batch_store=0.1, batch_loky=9.0), 1, 20.0),
        (replace(FREE, batch_store=0.1, batch_loky=0.1), 2, 40.0),
    ],
)
def test_training_and_writing_overlap_and_other_times_add_up(
    costs: Costs, workers: int, seconds: float
) -> None:
    found = predicted(costs, points=200_000, epochs=100, workers=workers, cores=4)
    assert found == pytest.approx(seconds)


def test_one_writer_feeds_as_many_cores_as_fill_its_time() -> None:
    costs = replace(FREE, net_epoch=1e-7, row_store=4e-6, batch_store=1e-3)
    assert cores_fed(costs, epochs=1000, row=3e-6, batch=2e-3) == pytest.approx(100 / 10)


def test_memory_is_measured_per_added_row() -> None:
    few, many = Measured(1_000, 1, 1.0, 5_000), Measured(11_000, 1, 1.0, 45_000)
    assert bytes_in_memory(few, many) == 4.0


def test_tables_replace_the_text_between_their_markers() -> None:
    document = "a\n<!-- begin x -->\nold\n<!-- end x -->\nb\n"
    once = filled(document, {"x": "| new |"})
    assert once == "a\n<!-- begin x -->\n| new |\n<!-- end x -->\nb\n"
    assert filled(once, {"x": "| new |"}) == once
    with pytest.raises(ValueError, match="markers"):
        filled(document, {"y": ""})


def test_the_document_has_a_place_for_every_table() -> None:
    costs = replace(FREE, net_epoch=1e-8, row_store=1e-6)
    sweeps = [Measured(10, 1, 1.0, 10**6), Measured(20, 2, 2.0, 10**6)]
    found = tables(costs, sweeps, memory=60.0)
    text = DOCUMENT.read_text()
    assert filled(text, found) != text


def spin(seconds: float) -> None:
    ends = process_time() + seconds
    while process_time() < ends:
        pass


def test_a_step_has_the_processor_time_that_no_step_inside_it_has() -> None:
    clock, started = Clock(), process_time()
    with clock.step("outer"):
        spin(0.02)
        clock.around("inner", spin)(0.03)
    whole = process_time() - started
    assert 0.02 <= clock.seconds["outer"] < 0.03 <= clock.seconds["inner"]
    assert clock.seconds["outer"] + clock.seconds["inner"] <= whole


def test_the_largest_step_comes_first_and_all_are_added_turn_by_turn() -> None:
    lines = section({"a": [1.0, 1.5], "b": [3.0, 2.0]})
    assert lines[-3:] == [
        "| b | 2.50 (2.00 to 3.00) |",
        "| a | 1.25 (1.00 to 1.50) |",
        "| all | 3.75 (3.50 to 4.00) |",
    ]


@pytest.mark.parametrize("path", sorted(ROOT.glob("benchmarks/[!_]*.py")), ids=lambda p: p.stem)
def test_each_benchmark_can_be_imported(path: Path) -> None:
    import_module(f"benchmarks.{path.stem}")


def test_a_ratio_is_worse_where_it_grew_by_more_than_both_spreads() -> None:
    before = Ratio("a over b", (1.0, 1.1, 1.2))
    assert Ratio("a over b", (1.35, 1.4, 1.45)).is_worse_than(before)
    assert not Ratio("a over b", (1.2, 1.28, 1.3)).is_worse_than(before)
    assert not Ratio("a over b", (1.1, 1.4, 1.5)).is_worse_than(before)
    assert not Ratio("a over b", (0.5, 0.6, 0.7)).is_worse_than(before)


def test_ratios_stand_beside_those_of_the_last_commit(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True)

    slow, fast = Ratio("a over b", (2.0, 2.1)), Ratio("c over b", (0.5, 0.51))
    assert read_landed(tmp_path) == {}
    git("init", "--quiet")
    write_ratios([slow, fast], tmp_path)
    git("add", ".")
    git("commit", "--quiet", "--message", "Ratios")
    slower = Ratio("a over b", (3.0, 3.1))
    write_ratios([slower], tmp_path)  # only the committed file counts
    landed = read_landed(tmp_path)
    assert landed == {"a over b": slow, "c over b": fast}
    assert beside(slower, landed) == "3.05 (3 to 3.1), was 2.05"
    assert beside(Ratio("new", (1.0,)), landed) == "1 (1 to 1)"
    assert worse([slower, fast], landed) == ["a over b: 3.05 (3 to 3.1), was 2.05 (2 to 2.1)"]
