"""A window of a map trained anew, at the resolution of the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from xorsweep.analysis.maps import MAP, MapAxes, PixelMap
from xorsweep.errors import ConfigError, StoreError
from xorsweep.experiment import Experiment
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid, concatenate, product_grid
from xorsweep.grid.schema import Schema
from xorsweep.reporting.console import Console
from xorsweep.settings import FIGURES, SweepSettings, read_sweep
from xorsweep.storage.atomic import write_atomically
from xorsweep.storage.manifest import Manifest, seal
from xorsweep.storage.plain_files import is_there
from xorsweep.storage.store import MANIFEST, read_manifest
from xorsweep.sweeps.finished import finished_manifest, stored_results
from xorsweep.sweeps.folders import OpenedSweep, open_with_rounds
from xorsweep.sweeps.outputs import map_axes
from xorsweep.sweeps.requests import ResumeRequest, SweepRequest
from xorsweep.sweeps.runner import resume_sweep, run_sweep
from xorsweep.sweeps.windows import (
    Place,
    Window,
    busiest_place,
    window_at,
    window_between,
    window_levels,
)
from xorsweep.text import format_value

FRAMES, ANIMATION = "frames", "zoom.gif"


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

    Each of the sweeps can be resumed, and the same call again trains the missing points. Arguments
    are as in `Sweep.zoom`; `experiment` runs the points, that of the manifest where None, and the
    window's manifest records `command_line`. Returns the folder of the window.

    Raises:
        StoreError: The folder holds no finished map, or `into` another sweep.
        ConfigError: The window lies outside the map, or can't be trained.
    """
    terminal = terminal or Console.silent()
    source = _Source.open(folder, experiment, terminal)
    shown, axes = source.shown, source.shown.axes
    chosen = _flag(shown, flag)
    window = window_at(axes, at, factor) if at else busiest_place(shown, chosen, factor, folder)
    between = [window_between(axes, window, factor, place, frames) for place in _steps(frames)]
    grids = [source.grid_of(each) for each in (window, *between)]  # checked before any is trained
    folders = [into, *(into / FRAMES / str(place + 1) for place in _steps(frames))]
    provenance = {"command_line": command_line, "config": source.opened.manifest.config}
    for name, grid in zip(folders, grids, strict=True):
        terminal.log(f"{name}: {_window_text(grid, axes)}")
        settings = replace(source.settings, report=report and name == into)
        request = SweepRequest(source.opened.store.experiment, grid, settings, name, provenance)
        _train(request, terminal)
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
            Axis(axis.key, window_levels(axis, ends))
            for axis, ends in ((axes.x, window.x), (axes.y, window.y))
        ]
        return window_grid(self.opened.store.experiment.schema, grid, levels)


def read_map(folder: Path, opened: OpenedSweep, terminal: Console) -> PixelMap:
    """Return the map of a finished sweep; raises StoreError where it is none."""
    axes = map_axes(opened.store, opened.grid)
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


def _steps(frames: int | None) -> range:
    """Return the numbers of the frames between the first and the last."""
    return range(1, (frames or 0) - 1)


def window_grid(schema: Schema, grid: Grid, axes: Sequence[Axis]) -> Grid:
    """Return the product of two axes at the other values of a map, and where its points were kept.

    Raises ConfigError for a level that isn't allowed, and where no point is kept.
    """
    wheres = dict.fromkeys(block.where for block in grid.blocks)
    # A point of any block is a point of the map; a block without an expression has all.
    where = None if None in wheres else " or ".join(f"({each})" for each in wheres)
    # All points of a map agree, except for its two axes.
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
