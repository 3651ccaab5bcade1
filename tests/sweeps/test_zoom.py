"""Windows of maps, trained anew: their places, their contents, and their resumption."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from column_sweeps import sweep_columns
from looks import LookingConsole
from PIL import Image

import xorsweep as xs
from xorsweep.analysis.maps import MapAxes
from xorsweep.cli.main import main
from xorsweep.errors import ConfigError, StoreError
from xorsweep.functions.experiment import FunctionExperiment
from xorsweep.sweeps.folders import experiment_in, open_sweep
from xorsweep.sweeps.zoom import zoom

A = [10.0 ** (-1 + 2 * place / 40) for place in range(41)]
B = [-2 + 0.125 * place for place in range(33)]


def disc(a: float, b: float) -> bool:
    return (a - 3) ** 2 + b * b < 1


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("zoom") / "whole"
    sweep_columns(disc, {"a": A, "b": B}, path)
    return path


@pytest.fixture(scope="module")
def experiment(folder: Path) -> FunctionExperiment:
    found = experiment_in(folder, disc)
    assert isinstance(found, FunctionExperiment)
    return found


def axes_of(path: Path) -> MapAxes:
    found = MapAxes.of(open_sweep(path).grid)
    assert found
    return found


def test_the_window_around_a_place_has_as_many_levels_and_their_spacing(
    folder: Path, experiment: FunctionExperiment, tmp_path: Path, without_figures: None
) -> None:
    into = tmp_path / "window"
    zoom(folder, into, at=(1.0, 0.5), factor=4, experiment=experiment)
    axes = axes_of(into)
    assert axes.shape == (33, 41)
    np.testing.assert_allclose(np.log10(axes.x.levels), np.linspace(-0.25, 0.25, 41), atol=1e-9)
    np.testing.assert_allclose(axes.y.levels, np.linspace(0, 1, 33), atol=1e-9)
    with np.load(into / "map.npz") as arrays:
        flags = arrays["returned" if "returned" in arrays else "value"]
    assert flags.tolist() == [[disc(a, b) for a in axes.x.levels] for b in axes.y.levels]


@pytest.mark.slow
def test_at_the_edge_it_is_moved_inside(
    folder: Path, experiment: FunctionExperiment, tmp_path: Path, without_figures: None
) -> None:
    zoom(folder, tmp_path / "corner", at=(A[-1], -2.0), factor=4, experiment=experiment)
    axes = axes_of(tmp_path / "corner")
    np.testing.assert_allclose(np.log10(axes.x.levels[[0, -1]]), [0.5, 1], atol=1e-9)
    np.testing.assert_allclose(axes.y.levels[[0, -1]], [-2, -1], atol=1e-9)


@pytest.mark.slow
def test_the_busiest_window_and_the_maps_on_the_way_to_it(
    folder: Path, experiment: FunctionExperiment, tmp_path: Path
) -> None:
    into = tmp_path / "window"
    zoom(folder, into, factor=8, frames=4, experiment=experiment)
    axes = axes_of(into)
    with np.load(folder / "map.npz") as arrays:
        (name,) = [each for each in ("returned", "value") if each in arrays]
        flag = arrays[name]
    counts = {}
    for row in range(33 - 4):
        for column in range(41 - 5):
            inside = flag[row : row + 5, column : column + 6]
            blocks = (inside[1:, 1:], inside[:-1, 1:], inside[1:, :-1], inside[:-1, :-1])
            counts[row, column] = int((np.ptp(np.stack(blocks), axis=0) == 1).sum())
    row, column = next(place for place, count in counts.items() if count == max(counts.values()))
    middle = -1 + 2 * (column + 2.5) / 40, -2 + 4 * (row + 2) / 32
    low = [np.log10(axes.x.levels[0]), axes.y.levels[0]]
    np.testing.assert_allclose(low, [middle[0] - 0.125, middle[1] - 0.25], atol=1e-9)
    widths = [np.ptp(axes_of(each).y.levels) for each in (folder, *_frames(into), into)]
    np.testing.assert_allclose(widths, [4, 2, 1, 0.5], atol=1e-9)
    bounds = [axes_of(each).x.levels[[0, -1]] for each in (folder, *_frames(into), into)]
    for outer, inner in pairwise(bounds):
        assert outer[0] <= inner[0] * (1 + 1e-9)
        assert inner[1] <= outer[1] * (1 + 1e-9)
    with Image.open(into / "zoom.gif") as image:
        assert image.n_frames == 4  # type: ignore[attr-defined]


def _frames(into: Path) -> list[Path]:
    return sorted((into / "frames").iterdir())


@pytest.mark.slow
def test_the_same_command_resumes_and_another_window_is_refused(
    folder: Path,
    experiment: FunctionExperiment,
    tmp_path: Path,
    without_figures: None,
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    whole, part = tmp_path / "whole", tmp_path / "part"
    zoom(folder, whole, at=(1.0, 0.5), experiment=experiment)
    with pytest.raises(KeyboardInterrupt):
        zoom(folder, part, at=(1.0, 0.5), experiment=experiment, terminal=LookingConsole(interrupt))
    assert not (part / "results.parquet").exists()
    zoom(folder, part, at=(1.0, 0.5), experiment=experiment)
    assert (part / "results.csv").read_bytes() == (whole / "results.csv").read_bytes()
    before = (part / "manifest.json").stat().st_mtime_ns
    zoom(folder, part, at=(1.0, 0.5), experiment=experiment)
    assert (part / "manifest.json").stat().st_mtime_ns == before
    with pytest.raises(StoreError, match="holds another sweep; choose another folder"):
        zoom(folder, part, at=(1.0, 0.6), experiment=experiment)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"at": (100.0, 0.0)}, "at=100,0: a lies between 0.1 and 10"),
        ({"at": (1.0, 5.0)}, "at=1,5: b lies between -2 and 2"),
        ({"flag": "deep"}, "flag=deep: must be a column of true and false; there is"),
        ({"factor": 1e13}, "are the same to 12 digits; choose a smaller factor"),
    ],
)
def test_an_invalid_window_is_one_line_and_leaves_nothing(
    folder: Path,
    experiment: FunctionExperiment,
    tmp_path: Path,
    options: dict[str, object],
    line: str,
) -> None:
    with pytest.raises(ConfigError, match=line):
        zoom(folder, tmp_path / "window", experiment=experiment, **options)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_other_sweeps_and_a_function_that_is_not_named_are_refused(
    folder: Path, small_sweep: Path, tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match="isn't a map but 3 learning rates x 2 hidden"):
        zoom(small_sweep, tmp_path / "window")
    with pytest.raises(ConfigError, match=r"^plot\.map: the sweep is 3 learning .*; a map has two"):
        xs.load(small_sweep).plot.map()
    with pytest.raises(ConfigError, match=r"with --function or xs\.load\(folder, function\)"):
        zoom(folder, tmp_path / "window")


def level(a: float, b: int) -> bool:
    return a > 1000


def test_a_map_without_a_boundary_or_with_whole_numbers(
    tmp_path: Path, without_figures: None
) -> None:
    sweep_columns(level, {"a": A, "b": range(40)}, tmp_path / "flat")
    experiment = experiment_in(tmp_path / "flat", level)
    with pytest.raises(ConfigError, match="no neighbouring pixels differ in"):
        zoom(tmp_path / "flat", tmp_path / "window", experiment=experiment)
    with pytest.raises(ConfigError, match="b: has whole numbers alone"):
        zoom(tmp_path / "flat", tmp_path / "window", at=(1.0, 5.0), experiment=experiment)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--at=1"], "argument --at: 1: must be two numbers, such as 0.5,2"),
        (["--factor=1"], "argument --factor: 1: must be a finite number above 1"),
        (["--frames=1"], "argument --frames: 1: must be"),
    ],
)
def test_arguments_are_checked_at_once(
    arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["zoom", "nowhere", "--into", "window", *arguments])
    assert ended.value.code == 2
    assert line in capsys.readouterr().err


@pytest.mark.slow
def test_networks_keep_their_engine_and_their_settings(
    grid_of: Callable[..., object], tmp_path: Path, without_figures: None
) -> None:
    from xorsweep.execution.settings import ExecutionSettings
    from xorsweep.network_experiment import NetworkExperiment
    from xorsweep.networks.engines import Engine
    from xorsweep.settings import SweepSettings
    from xorsweep.sweeps.requests import SweepRequest
    from xorsweep.sweeps.runner import run_sweep

    grid = grid_of(lr=A, init__high=[0.1 + each for each in range(32)], epochs=20)
    settings = SweepSettings(ExecutionSettings("serial"), report=False, csv=False)
    config = {"csv": False, "parallel": {"backend": "serial"}}
    experiment = NetworkExperiment(Engine("numpy", "float32"))
    whole = tmp_path / "whole"
    run_sweep(SweepRequest(experiment, grid, settings, whole, {"config": config}))  # type: ignore[arg-type]
    zoom(whole, tmp_path / "window", at=(1.0, 2.0), factor=2)
    opened = open_sweep(tmp_path / "window")
    assert opened.manifest.experiment["engine"] == {"name": "numpy", "dtype": "float32"}
    assert opened.grid.point(0)["epochs"] == 20
    assert not (tmp_path / "window/results.csv").exists()
    assert (tmp_path / "window/results.parquet").exists()


def test_python_trains_the_window_of_the_command(
    folder: Path, tmp_path: Path, without_figures: None
) -> None:
    command = ["zoom", str(folder), "--into", str(tmp_path / "a"), "--at=1,0.5", "--factor=4"]
    main([*command, "--function", f"{disc.__module__}:disc"])
    window = xs.load(folder, disc).zoom(tmp_path / "b", (1, 0.5), 4, progress=False)
    assert window.folder == tmp_path / "b"
    rows = [(tmp_path / name / "results.csv").read_bytes() for name in "ab"]
    assert rows[0] == rows[1]
    assert (tmp_path / "a/map.npz").exists()
    assert not (tmp_path / "b/report.html").exists()
    (line,) = window.manifest.command_line
    assert line.endswith("b', at=(1, 0.5), factor=4)")
    assert window.plot.map()
    assert window.run(0) is False


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"at": 3}, r"at=3: must be two numbers, such as \(0.5, 2\)"),
        ({"at": (1, "x")}, r"at=\(1, 'x'\): must be two numbers"),
        ({"factor": 1}, "factor=1: factor must be a finite number above 1"),
        ({"frames": 1}, "frames=1: frames must be a whole number from 2 to 100"),
        ({"flag": 3}, "flag=3: flag must be"),
        ({"report": "yes"}, "report=yes: report must be"),
        ({"at": (100, 0)}, "at=100,0: a lies between 0.1 and 10"),
    ],
)
def test_arguments_of_python_are_checked(
    folder: Path, tmp_path: Path, options: dict[str, Any], line: str
) -> None:
    with pytest.raises(ConfigError, match=line):
        xs.load(folder, disc).zoom(tmp_path / "window", **options)
    assert not list(tmp_path.iterdir())
