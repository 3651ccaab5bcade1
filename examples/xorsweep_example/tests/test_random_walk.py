"""The experiment agrees with the theory of random walks, and keeps the rules of a sweep."""

from pathlib import Path

import numpy as np
import pytest
from xorsweep_example.random_walk import RandomWalk

import xorsweep as xs
from xorsweep.sweeps.verify import verify

AXES = {"drift": [0.0, 0.5], "steps": [4, 100], "seed": range(300)}


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> xs.Sweep:
    folder = tmp_path_factory.mktemp("walks") / "sweep"
    return xs.sweep_experiment(RandomWalk(), AXES, folder, n_jobs=1, report=True)


def test_walks_end_where_their_drift_leads(sweep: xs.Sweep) -> None:
    for cell in sweep.summary.to_dict("records"):
        error = 4 * np.sqrt(cell["steps"] * (1 - cell["drift"] ** 2) / 300)
        assert cell["end_mean"] == pytest.approx(cell["drift"] * cell["steps"], abs=error)


def test_four_steps_return_as_often_as_they_should(sweep: xs.Sweep) -> None:
    (cell,) = sweep.summary.query("drift == 0 and steps == 4").to_dict("records")
    # 10 of the 16 paths of four steps are at the start after two or four of them.
    assert cell["returned_rate_low"] < 10 / 16 < cell["returned_rate_high"]


def test_a_walk_alone_is_the_walk_of_its_batch(sweep: xs.Sweep) -> None:
    verified = verify(str(sweep.folder), sample=40)
    assert (verified.compared, list(verified.wrong)) == (40, [])


def test_it_is_resumed_with_more_seeds(tmp_path: Path) -> None:
    few = {**AXES, "seed": range(5)}
    xs.sweep_experiment(RandomWalk(), few, tmp_path / "grown", n_jobs=1)
    grown = xs.sweep_experiment(RandomWalk(), {**AXES, "seed": range(9)}, tmp_path / "grown")
    whole = xs.sweep_experiment(RandomWalk(), {**AXES, "seed": range(9)}, tmp_path / "whole")
    csv = [(each.folder / "results.csv").read_bytes() for each in (grown, whole)]
    assert csv[0] == csv[1]


def test_its_own_figure_is_in_the_report(sweep: xs.Sweep) -> None:
    assert (sweep.folder / "figures/ends.png").exists()
    assert "Where walks end" in (sweep.folder / "report.html").read_text()


def test_a_folder_is_opened_by_its_name(sweep: xs.Sweep) -> None:
    assert xs.load(sweep.folder).run(0)["end"] == sweep.results["end"][0]


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ({**AXES, "drift": 2.0}, "drift=2.0: drift must be a finite number"),
        ({**AXES, "length": 2}, "length: unknown key"),
        ({"drift": 0.0, "steps": 4}, "seed: has no default"),
    ],
)
def test_bad_input_is_one_line(axes: dict[str, object], message: str, tmp_path: Path) -> None:
    with pytest.raises(xs.ConfigError) as told:
        xs.sweep_experiment(RandomWalk(), axes, tmp_path / "s")
    assert str(told.value).startswith(message)
