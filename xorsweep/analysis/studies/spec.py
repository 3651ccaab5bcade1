"""A study: a question, its source, and the published values with their cells.

A study's node in the configuration is read here; `verdicts` compares its values with results.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from xorsweep.errors import ConfigError
from xorsweep.fields import Choice, Integer, Nullable, Real, Scalar, String, field, fields_of
from xorsweep.fields.sections import check_known
from xorsweep.fields.values import read_value
from xorsweep.grid.schema import Point
from xorsweep.networks.metrics import PLATEAUS, STATES
from xorsweep.networks.schema import COMPONENTS, NETWORK_SCHEMA
from xorsweep.text import format_value

REFERENCES = {
    "published": "the source",
    "reproduced": "reproduced elsewhere",
    "simulation": "our own simulation",
}
"""Where a value comes from: its source, somebody who repeated the source's experiment, or an
independent simulation by the authors of xorsweep, which is no evidence from elsewhere."""

CERTAINTIES = {
    "read": "read in the source itself",
    "secondary": "from a secondary source",
    "memory": "from memory of the literature, unverified",
}
"""How a value from others is known."""


class Measure(NamedTuple):
    """The quantity of a value, in words, and its unit.

    The unit is `percent`, `epochs`, `runs`, `error` or `number`.
    """

    words: str
    unit: str


MEASURES: Mapping[str, Measure] = {
    "rate": Measure("rate of convergence", "percent"),
    "not_converged": Measure("not converged", "percent"),
    "converged_count": Measure("runs converged", "runs"),
    "mean_epochs": Measure("mean epochs of converged runs", "epochs"),
    "median_epochs": Measure("median epochs, Kaplan-Meier", "epochs"),
    "median_of_converged": Measure("median epochs of converged runs", "epochs"),
    "fewest_epochs": Measure("fewest epochs of converged runs", "epochs"),
    "most_epochs": Measure("most epochs of converged runs", "epochs"),
    "epochs_of_run": Measure("epochs of one run", "epochs"),
    "expected_running_time": Measure("expected running time with restarts", "epochs"),
    "best_running_time": Measure(
        "epochs that a solution costs, restarts counted, at its best", "epochs"
    ),
    "rising_steps": Measure("steps at which the percentage not converged rises", "percent"),
    "at_levels": Measure("unsolved runs that end at one of the four levels", "percent"),
    "unsolved_rms": Measure("root mean square error of the unsolved: median, range", "error"),
    **{
        name: Measure(f"end at half-SSE {level:.3g} ({name})", "percent")
        for name, level in PLATEAUS.items()
    },
    **{
        f"{state}_{name}": Measure(f"{state}, of the runs at {name}", "percent")
        for name in PLATEAUS
        for state in STATES
    },
    "gradient_norm": Measure("length of the gradient: median", "number"),
    "curvature_min": Measure("smallest eigenvalue of the Hessian: median", "number"),
    "sharpness": Measure("largest eigenvalue of the Hessian, times lr / 2: median", "error"),
    "diverged": Measure("diverged", "percent"),
    "converged_pixels": Measure("pixels that converge", "percent"),
    "two_rows_at_half_pixels": Measure("pixels that end at two_rows_at_half", "percent"),
    "converged_dimension": Measure("dimension of the boundary of converged", "number"),
    "trainable_dimension": Measure("dimension of the boundary of trainable", "number"),
}

OF_MAPS = tuple(name for name in MEASURES if name.endswith(("_pixels", "_dimension")))
"""The measures of a map, whose two axes they go along."""
ALONG = ("best_running_time", "rising_steps", *OF_MAPS)
"""The measures that are about several levels of some keys."""

ACCEPT = ("overlap", "exact", "within", "within_percent", "between", "at_least", "none")
"""When ours agrees: intervals overlap, the rounded number is the same, it lies within `tolerance`
or within `tolerance` percent, between `low` and `high`, or at or above; `none` asks for nothing."""

_UNLESS_SAID = {"skip": False, "output": "logistic", "until_converged": False, "seed": 0}
_NO_PART = ("until_converged", "seed")
"""Keys that don't identify a cell: stopping at the criterion changes no measured value."""


@dataclass(frozen=True)
class PublishedValue:
    """A published value and its criterion of agreement.

    `cell` holds every key of its cells, `own` those that the study's other values don't share;
    `along` names the keys, with commas between them, whose levels it compares. `seeds` restricts it
    to seeds below this number. `low` and `high` are the reference's own interval; a percentage with
    `runs` and no interval gets Wilson's. Percentages are between 0 and 100. `certainty` is None
    where the reference is a simulation of our own.
    """

    cell: Mapping[str, Scalar]
    own: Mapping[str, Scalar]
    measure: str = field(None, Choice(tuple(MEASURES)))
    reference: str = field("published", Choice(tuple(REFERENCES)))
    certainty: str | None = field(None, Choice(tuple(CERTAINTIES)))
    accept: str = field("overlap", Choice(ACCEPT))
    value: float | None = field(None, Real())
    low: float | None = field(None, Real())
    high: float | None = field(None, Real())
    runs: int | None = field(None, Integer(1))
    tolerance: float | None = field(None, Real(at_least=0))
    along: str | None = field(None, String())
    seeds: int | None = field(None, Integer(1))
    why: str | None = field(None, String())

    def check(self, where: str) -> None:
        """Raise ConfigError where values that are each allowed mean nothing together."""
        if self.value is None and self.accept != "none":
            raise ConfigError(f"{where}.accept={self.accept}: needs a value; or accept none")
        if (self.low is None) != (self.high is None):
            raise ConfigError(f"{where}: an interval needs both low and high")
        if "within" in self.accept and self.tolerance is None:
            raise ConfigError(f"{where}.accept={self.accept}: needs a tolerance")
        if (self.reference == "simulation") != (self.certainty is None):
            raise ConfigError(
                f"{where}: certainty={format_value(self.certainty)} with reference="
                f"{self.reference}: a "
                f"value from others needs a certainty, one of {', '.join(CERTAINTIES)}, and "
                "a simulation of our own has none"
            )
        has_interval = self.low is not None or (self.runs and self.unit == "percent")
        if self.accept == "overlap" and not has_interval:
            raise ConfigError(f"{where}.accept=overlap: needs low and high, or a percentage's runs")
        if self.accept == "between" and self.low is None:
            raise ConfigError(f"{where}.accept=between: needs low and high")
        if (self.measure in ALONG) != (self.along is not None):
            raise ConfigError(
                f"{where}.measure={self.measure}: along must name the keys whose levels are "
                f"compared for {', '.join(ALONG)}, and isn't for other measures"
            )
        if self.measure in OF_MAPS and len(set(self.compared)) != 2:
            raise ConfigError(f"{where}.along={self.along}: must be the two keys of a map")

    @property
    def compared(self) -> list[str]:
        """Return the keys whose levels are compared."""
        return keys_of(self.along)

    @property
    def unit(self) -> str:
        """Return the unit of the value."""
        return MEASURES[self.measure].unit


@dataclass(frozen=True)
class Study:
    """A question, the source of its values, and why measured values may differ from them."""

    values: tuple[PublishedValue, ...]
    name: str = field(None, String())
    title: str = field(None, String())
    question: str = field(None, String())
    source: str = field(None, String())
    reference: str = field("published", Choice(tuple(REFERENCES)))
    certainty: str | None = field(None, Nullable(Choice(tuple(CERTAINTIES))))
    why: str = field(None, String())


def keys_of(text: str | None) -> list[str]:
    """Return the keys in a text with commas between them."""
    return [key.strip() for key in text.split(",")] if text else []


def read_study(node: object) -> Study | None:
    """Return the checked study of a configuration, None where it has none; raises ConfigError.

    `node` holds the fields of `Study`, the keys `cell` that all its values share, and a list of
    values, `figures`. A cell is the notebook's, except for the keys that these two give.
    """
    if node is None:
        return None
    section = _mapping("study", node)
    check_known("study.", section, [*fields_of(Study), "cell", "figures"])
    nodes = section.get("figures")
    if not isinstance(nodes, list) or not nodes:
        raise ConfigError(f"study.figures={nodes}: must be a list of published values")
    common = _mapping("study.cell", section.get("cell", {}))
    texts: dict[str, Any] = {
        key: read_value(f"study.{key}", section.get(key), kind)
        for key, kind in fields_of(Study).items()
        # The others are read as null where they are missing: their fields say whether they may be.
        if key in section or key != "reference"
    }
    study = Study((), **texts)
    read_all = [
        _read_value(f"study.figures[{place}]", study, common, node)
        for place, node in enumerate(nodes)
    ]
    return replace(study, values=tuple(read_all))


def _read_value(
    where: str, study: Study, common: Mapping[str, Any], node: object
) -> PublishedValue:
    section = {"reference": study.reference, **_mapping(where, node)}
    if section["reference"] != "simulation":
        section.setdefault("certainty", study.certainty)
    fields = fields_of(PublishedValue)
    check_known(f"{where}.", section, [*fields, "cell"])
    values: dict[str, Any] = {
        name: read_value(f"{where}.{name}", section.get(name), kind)
        for name, kind in fields.items()
        # A missing key has its default; `measure` has none, and null is refused.
        if section.get(name) is not None or name == "measure"
    }
    own = _mapping(f"{where}.cell", section.get("cell", {}))
    try:
        cell = _complete_cell(common, own)
    except ConfigError as error:
        raise ConfigError(f"{where}.cell: {error}") from None
    compared = keys_of(values.get("along"))
    check_known(f"{where}.along=", compared, cell)
    cell = {key: value for key, value in cell.items() if key not in compared}
    published = PublishedValue(cell, {key: cell[key] for key in own if key in cell}, **values)
    published.check(where)
    return published


def _complete_cell(common: Mapping[str, Any], own: Mapping[str, Any]) -> Point:
    """Return every key of a cell: the notebook's, except for the keys given; raises ConfigError.

    A group that `own` chooses takes none of its parameters from `common`.
    """
    components = {key for key in own if key in COMPONENTS}
    shared = {key: value for key, value in common.items() if key.split(".")[0] not in components}
    point = NETWORK_SCHEMA.read_point(NETWORK_SCHEMA.nested({**_UNLESS_SAID, **shared, **own}))
    return {key: value for key, value in point.items() if key not in _NO_PART or key in own}


def _mapping(where: str, node: object) -> Mapping[str, Any]:
    if not isinstance(node, Mapping):
        raise ConfigError(f"{where}={node}: must be a mapping of keys to values")
    return node
