"""The settings of a sweep: how it is run and which files it writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xorsweep.errors import ConfigError
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.fields import Boolean, Choice, Integer, ListOf, Nullable, Real, String, field
from xorsweep.fields.sections import read_changed, read_fields, read_settings
from xorsweep.text import shorten

FIGURES = "figures"
"""The config group of figures."""


@dataclass(frozen=True)
class AdaptiveSeeds:
    """How sure each rate must be before no more seeds are added to its cell.

    `precision` is half the width of the 95 % interval, or null for the seeds that were given and
    no more; `max_seeds` ends a cell that isn't as sure as that, too.
    """

    # Every interval of a rate lies between 0 and 1, and half of that is 0.5.
    precision: float | None = field(None, Nullable(Real(above=0.0, below=0.5)))
    max_seeds: int = field(10_000, Integer(1, 2**32))


_WIDTH = Real(at_least=2.0, at_most=40.0, unit="number of inches")


@dataclass(frozen=True)
class AxisName(String):
    """The key of an axis; which ones a sweep has isn't known here."""

    description = "the name of an axis"


@dataclass(frozen=True)
class FigureSettings:
    """How the figures of a report look, and where they show which axis of the sweep.

    Args:
        x: The axis across.
        hue: The axis whose levels are lines of their own colours, or rows of a heat map.
        col: The axis that makes panels, or several with commas between.
        style: `page`, or `paper` for text of 8 points.
        width: Inches of each figure; None for as many as its panels need.
        formats: The files of each figure: `png`, `svg` and `pdf`, with commas between.
    """

    x: str | None = field(None, Nullable(AxisName()))
    hue: str | None = field(None, Nullable(AxisName()))
    col: str | None = field(None, Nullable(ListOf(AxisName())))
    style: str = field("page", Choice(("page", "paper")))
    width: float | None = field(None, Nullable(_WIDTH))
    formats: str = field("png,svg", ListOf(Choice(("png", "svg", "pdf"))))

    @property
    def axes(self) -> dict[str, tuple[str, ...]]:
        """Return the axes that were chosen, by `x`, `hue` and `col`."""
        chosen = {"x": self.x, "hue": self.hue, "col": self.col}
        return {role: tuple(keys.split(",")) for role, keys in chosen.items() if keys}

    def check(self, prefix: str = f"{FIGURES}.") -> None:
        """Raise ConfigError where an axis was chosen twice.

        Args:
            prefix: The text before `x`, `hue` or `col` in the message.
        """
        places: dict[str, str] = {}
        for role, keys in self.axes.items():
            for key in keys:
                if key in places:
                    raise ConfigError(
                        f"{prefix}{role}={key}: {prefix}{places[key]} shows {key} already; an axis "
                        "has one place"
                    )
                places[key] = role

    def check_axes(self, swept: Sequence[str], prefix: str = f"{FIGURES}.") -> None:
        """Raise ConfigError where an axis was chosen that a sweep hasn't.

        Args:
            swept: The keys with several levels.
            prefix: The text before `x`, `hue` or `col` in the message.
        """
        known = [key for key in swept if key != "seed"]
        for role, keys in self.axes.items():
            for key in keys:
                if key not in known:
                    allowed = (
                        f"must be an axis of the sweep with several levels, one of "
                        f"{', '.join(known)}"
                        if known
                        else "leave it out: no axis of the sweep but seed has several levels"
                    )
                    raise ConfigError(f"{prefix}{role}={shorten(key)}: {allowed}")


DEFAULT_LOOKS = FigureSettings()


def read_figures(
    values: Mapping[str, Any] | None, known: FigureSettings | None = None
) -> FigureSettings:
    """Return how figures look.

    Args:
        values: The given values by the names of the settings.
        known: The values of the other settings; the defaults where None.

    Raises:
        ConfigError: Something isn't allowed.
    """
    section = {} if values is None else values
    if not isinstance(section, Mapping):
        names = ", ".join(vars(DEFAULT_LOOKS))
        raise ConfigError(f"{FIGURES}={shorten(section)}: must be a mapping of {names}")
    return read_changed(FIGURES, known or DEFAULT_LOOKS, section)


@dataclass(frozen=True)
class SweepSettings:
    """How a sweep is run and which files it writes; only `rounds` changes its rows.

    `title` is that of the report, and `csv` whether results.csv is written beside results.parquet.
    `write_every` are the seconds of finished work that a kill may cost, as it takes some
    milliseconds to make a file safe.
    """

    parallel: ExecutionSettings = ExecutionSettings()
    rounds: AdaptiveSeeds = AdaptiveSeeds()
    figures: FigureSettings = DEFAULT_LOOKS
    report: bool = field(True, Boolean())
    csv: bool = field(True, Boolean())
    on_failure: str = field("continue", Choice(("continue", "stop")))
    title: str | None = field(None, Nullable(String()))
    write_every: float = 0.25


@dataclass(frozen=True)
class NetworkSettings:
    """The optional columns of networks beside errors and outputs.

    `curvature` is true for the curvature of the loss after the last epoch, `learning_curve` for
    that at the epochs of the learning curve, too. `trainable` adds whether the loss came down.
    """

    curvature: bool | str = field(False, Boolean(("learning_curve",)))
    trainable: bool = field(False, Boolean())


ZOOM_FACTOR = Real(above=1.0)
"""How many times narrower than its map a window is."""
ZOOM_FRAMES = Integer(2, 100)
"""How many maps an animation from a map to a window shows."""

OBJECTIVE = Choice(("final_error", "failure_rate", "expected_running_time"))


@dataclass(frozen=True)
class ObjectiveSettings:
    """The objective of a job, and how many seeds it is measured over.

    With `objective_seeds` these are 0, 1, and so on; with null it is the one seed of the point.
    """

    objective: str = field("final_error", OBJECTIVE)
    objective_seeds: int | None = field(None, Nullable(Integer(1, 2**32)))


def read_sweep(config: Mapping[str, Any]) -> SweepSettings:
    """Return the checked settings of a sweep; raises ConfigError."""
    return SweepSettings(
        parallel=read_settings("parallel", config, ExecutionSettings),
        rounds=AdaptiveSeeds(**read_fields("", config, AdaptiveSeeds)),
        figures=read_settings(FIGURES, config, FigureSettings),
        **read_fields("", config, SweepSettings),
    )
