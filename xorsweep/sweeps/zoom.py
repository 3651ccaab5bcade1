"""A window of a map trained anew, at the resolution of the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from xorsweep.analysis.boundary import boundary_blocks, busiest_window
from xorsweep.analysis.maps import MAP, MapAxes, MapAxis, PixelMap
from xorsweep.errors import ConfigError, StoreError
from xorsweep.experiment import Experiment
from xorsweep.fields import format_value
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid, concatenate, product_grid
from xorsweep.grid.schema import Schema
from xorsweep.grid.spacing import DIGITS, Spacing
from xorsweep.reporting.console import Console
from xorsweep.settings import FIGURES, SweepSettings, read_sweep
from xorsweep.storage.atomic import write_atomically
from xorsweep.storage.manifest import Manifest, seal
from xorsweep.storage.plain_files import is_there
from xorsweep.storage.store import MANIFEST, read_manifest
from xorsweep.sweeps.finished import finished_manifest, stored_results
from xorsweep.sweeps.folders import OpenedSweep, open_with_rounds
from xorsweep.sweeps.requests import ResumeRequest, SweepRequest
from xorsweep.sweeps.runner import resume_sweep, run_sweep

FRAMES, ANIMATION = "frames", "zoom.gif"

Place = tuple[float, float]


@dataclass(frozen=True)
class Window:
    """A part of a map: where it begins and ends on each axis's own scale."""

    x: tuple[float, float]
    y: tuple[float, float]


def zoom(
    folder: Path,
    into: Path,
    at: Place | None = None,
    factor: float = 8.0,
    frames: int | None = None,
    flag: str | None = None,
    terminal: Console | None = None,
    experiment: Experiment[Any] | None = None,
    command_line: Sequence[str] = (),
    report: bool = True,
) -> Path:
    """Train a window of a finished map, as many points each way as the map has.

    Each of the sweeps can be resumed, and the same call again trains the missing points.

    Args:
        folder: The folder of the map.
        into: The folder of the window's sweep, which is a map, too.
        at: The middle of the window, a level of each axis; the window with most of the boundary
            where None. At the edge of the map it is moved inside.
        factor: How many times narrower than the map the window is, each way.
        frames: How many maps an animation shows, from the whole to the window.
        flag: The column of true and false whose boundary counts.
        terminal: The console for messages.
        experiment: The experiment that runs the points; that of the manifest where None.
        command_line: The command line that the manifest records.
        report: Whether the window's folder gets a report.

    Returns:
        The folder of the window's sweep.

    Raises:
        StoreError: The folder holds no finished map, or `into` another sweep.
        ConfigError: The window lies outside the map, or can't be trained.
    """
    terminal = terminal or Console.silent()
    source = _Source.open(folder, experiment, terminal)
    shown = source.shown
    chosen = _flag(shown, flag)
    window = _window_at(shown.axes, at, factor) if at else _busiest(shown, chosen, factor, folder)
    between = [_between(shown.axes, window, factor, place, frames) for place in _steps(frames)]
    grids = [source.grid_of(each) for each in (window, *between)]  # checked before any is trained
    folders = [into, *(into / FRAMES / str(place + 1) for place in _steps(frames))]
    for name, grid in zip(folders, grids, strict=True):
        terminal.log(f"{name}: {_window_text(grid, shown.axes)}")
        settings = replace(source.settings, report=report and name == into)
        _train(source.request(grid, settings, name, command_line), terminal)
    if frames:
        _animate([folder, *folders[1:], into], chosen, experiment, into, terminal)
    return into


@dataclass(frozen=True)
class _Source:
    """The map that is looked at closer."""

    opened: OpenedSweep
    shown: PixelMap
    settings: SweepSettings

    @classmethod
    def open(cls, folder: Path, experiment: Experiment[Any] | None, terminal: Console) -> _Source:
        opened = open_with_rounds(folder, experiment)
        runs = opened.store.experiment
        if not runs.can_run:
            raise ConfigError(
                f"{folder}: is a sweep of {runs}; pass its function with --function or "
                "xs.load(folder, function)"
            )
        runs.check()
        runs.check_unchanged(opened.grid, opened.manifest, folder)
        shown = read_map(folder, opened, terminal)
        return cls(opened, shown, _settings_of(opened.manifest))

    def grid_of(self, window: Window) -> Grid:
        """Return the points of a window."""
        axes, grid = self.shown.axes, self.opened.grid
        levels = [
            Axis(axis.key, _levels(axis, ends))
            for axis, ends in ((axes.x, window.x), (axes.y, window.y))
        ]
        return window_grid(self.opened.store.experiment.schema, grid, levels)

    def request(
        self, grid: Grid, settings: SweepSettings, folder: Path, command_line: Sequence[str]
    ) -> SweepRequest:
        provenance = {"command_line": command_line, "config": self.opened.manifest.config}
        return SweepRequest(
            self.opened.store.experiment, grid, settings, folder, provenance=provenance
        )


def read_map(folder: Path, opened: OpenedSweep, terminal: Console) -> PixelMap:
    """Return the map of a finished sweep; raises StoreError where it is none."""
    axes = MapAxes.of(opened.grid) if opened.store.experiment.has_maps else None
    if axes is None:
        raise StoreError(f"{folder} isn't a map but {opened.grid.text}; {MAP}")
    results = stored_results(folder, finished_manifest(folder), terminal)
    return PixelMap.of(results, axes, list(opened.grid.columns), opened.store.experiment)


def _settings_of(manifest: Manifest) -> SweepSettings:
    """Return how a sweep was run, as far as its manifest says."""
    known = SweepSettings()
    groups = ("parallel", FIGURES)
    given = {key: value for key, value in manifest.config.items() if key not in groups}
    return read_sweep(
        {
            **{each.name: getattr(known, each.name) for each in fields(known)},
            **vars(known.rounds),
            **given,
            **{
                group: {**vars(getattr(known, group)), **manifest.config.get(group, {})}
                for group in groups
            },
        }
    )


def _flag(shown: PixelMap, name: str | None) -> str:
    if name is None and shown.flags:
        return shown.flags[0]
    if name is None or name not in shown.flags:
        there = ", ".join(shown.flags) or "none"
        raise ConfigError(
            f"flag={format_value(name)}: must be a column of true and false; there is {there}"
        )
    return name


def _window_at(axes: MapAxes, at: Place, factor: float) -> Window:
    """Return the window around a place, moved inside the map."""
    for axis, level in zip((axes.x, axes.y), at, strict=True):
        if not axis.levels[0] <= level <= axis.levels[-1]:
            raise ConfigError(
                f"at={at[0]:g},{at[1]:g}: {axis.key} lies between {axis.levels[0]:g} and "
                f"{axis.levels[-1]:g}"
            )
    return Window(
        *(
            _around(axis, float(axis.coordinates(np.array(level))), factor)
            for axis, level in zip((axes.x, axes.y), at, strict=True)
        )
    )


def _busiest(shown: PixelMap, flag: str, factor: float, folder: Path) -> Window:
    """Return the window that holds most of the boundary of a flag."""
    blocks = boundary_blocks(shown.columns[flag])
    if not blocks.any():
        raise ConfigError(
            f"{folder}: no neighbouring pixels differ in {flag}, so no window is the busiest; "
            "name a place by `at`, or another column by `flag`"
        )
    down, across = (max(1, round(length / factor)) for length in blocks.shape)
    row, column = busiest_window(blocks, (down, across))
    middles = ((shown.axes.x, column + across / 2), (shown.axes.y, row + down / 2))
    return Window(*(_around(axis, _coordinate(axis, place), factor) for axis, place in middles))


def _ends(axis: MapAxis) -> tuple[float, float]:
    first, last = axis.coordinates(axis.levels[[0, -1]]).tolist()
    return first, last


def _coordinate(axis: MapAxis, place: float) -> float:
    """Return where a place among the levels lies on the axis's own scale."""
    first, last = _ends(axis)
    return float(first + (last - first) * place / (len(axis) - 1))


def _around(axis: MapAxis, middle: float, factor: float) -> tuple[float, float]:
    first, last = _ends(axis)
    width = (last - first) / factor
    start = min(max(middle - width / 2, first), last - width)
    return start, start + width


def _steps(frames: int | None) -> range:
    """Return the numbers of the frames between the first and the last."""
    return range(1, (frames or 0) - 1)


def _between(
    axes: MapAxes, window: Window, factor: float, place: int, frames: int | None
) -> Window:
    """Return the window of a frame on the way from the whole map to a window, by equal factors."""
    size = factor ** -(place / ((frames or 2) - 1))
    left = (size - 1 / factor) / (1 - 1 / factor)
    return Window(
        *(
            _towards(_ends(axis), ends, left)
            for axis, ends in ((axes.x, window.x), (axes.y, window.y))
        )
    )


def _towards(
    whole: tuple[float, float], part: tuple[float, float], left: float
) -> tuple[float, float]:
    return part[0] + left * (whole[0] - part[0]), part[1] + left * (whole[1] - part[1])


def _levels(axis: MapAxis, ends: tuple[float, float]) -> tuple[float, ...]:
    """Return levels within some ends, as many as an axis has and spaced as there."""
    if axis.whole:
        raise ConfigError(f"{axis.key}: has whole numbers alone, with none between them to look at")
    if axis.spacing == "uneven":
        raise ConfigError(
            f"{axis.key}: its levels are neither evenly spaced nor by a constant factor, so a "
            "window has no levels of the same kind"
        )
    function = "logspace" if axis.spacing == "log" else "linspace"
    levels = tuple(Spacing(function, *ends, len(axis)).levels(whole=False))
    if len(set(levels)) < len(levels):
        raise ConfigError(
            f"{axis.key}: neighbouring levels of this window are the same to {DIGITS} digits; "
            "choose a smaller factor"
        )
    return levels


def window_grid(schema: Schema, grid: Grid, axes: Sequence[Axis]) -> Grid:
    """Return the product of two axes at the other values of a map, and where its points were kept.

    Raises ConfigError for a level that isn't allowed, and where no point is kept.
    """
    wheres = dict.fromkeys(block.where for block in grid.blocks)
    where = None if None in wheres else " or ".join(f"({each})" for each in wheres)
    base: Mapping[str, Any] = grid.point(0)
    return concatenate([product_grid(schema, axes, [dict(base)], (), where)])


def _window_text(grid: Grid, axes: MapAxes) -> str:
    found = MapAxes.of(grid) or axes
    return f"{found.x.text}; {found.y.text}"


def _train(request: SweepRequest, terminal: Console) -> None:
    """Run a sweep, or the points that its folder lacks."""
    folder = request.folder
    if not is_there(folder / MANIFEST):
        run_sweep(request, terminal)
        return
    found = read_manifest(folder)
    digest = seal(request.grid, request.experiment, request.settings.rounds)["digest"]
    if found.get("digest") != digest:
        raise StoreError(f"into={folder}: holds another sweep; choose another folder")
    if found.get("state") == "finished":
        terminal.log(f"{folder}: is there already")
        return
    resume_sweep(ResumeRequest.of(request), terminal)


def _animate(
    folders: Sequence[Path],
    flag: str,
    experiment: Experiment[Any] | None,
    into: Path,
    terminal: Console,
) -> None:
    from xorsweep.reporting.map_animation import map_gif

    maps = [read_map(folder, open_with_rounds(folder, experiment), terminal) for folder in folders]
    write_atomically(into / ANIMATION, map_gif(maps, flag))
    terminal.paths([into / ANIMATION])
