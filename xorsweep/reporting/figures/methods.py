"""Which method of `Sweep.plot` draws a figure, and the rows that each method needs."""

from __future__ import annotations

from xorsweep.analysis.initial_weights import FEWEST_RUNS
from xorsweep.reporting.figures.catalog import FigureSpec

_TRAINED = "networks that didn't fail"
_CLASSES = "solved networks of two classes or more"
_WEIGHTS = (
    f"a setting of networks with two inputs, two hidden units and {FEWEST_RUNS} runs or more from "
    "different initial weights, of which some converge and some don't"
)
NEEDS = {
    "rate": "a boolean column, several settings and runs that didn't fail",
    "metric": "a column with finite numbers",
    "survival": "a column of times, with the boolean column of their event",
    "curves": "a column of arrays",
    "map": "a column with finite numbers",
    "rate_lines": f"an axis besides seed that col doesn't name, and {_TRAINED}",
    "unsolved": _TRAINED,
    "final_error": "networks that neither failed nor diverged",
    "error_by_epoch": _TRAINED,
    "curvature_by_epoch": 'networks trained with curvature="learning_curve"',
    "variance_shares": (
        "a boolean column whose rate differs beyond chance over a full product of two axes or more"
    ),
    "outcomes_by_seed": f"an axis besides seed, and several seeds of {_TRAINED}",
    "solutions": _CLASSES,
    "solution_surfaces": f"{_CLASSES}, with two inputs",
    "initial_weights": _WEIGHTS,
    "initial_weights_map": _WEIGHTS,
}
"""The rows without which a method has no figure, by the method's name."""

_OF_MODULES = {
    "rate_heatmap": "rate",
    "rate_lines": "rate",
    "number_lines": "metric",
    "survival_curves": "survival",
    "curve_lines": "curves",
    "column_map": "map",
}
"""The methods that draw figures with other names, by the modules of these."""


def method_of(spec: FigureSpec) -> str:
    """Return the method that draws a figure, of those of columns the one for its kind.

    A figure of an experiment of another package has none; its own name is returned.
    """
    if not spec.columns and spec.name in NEEDS:
        return spec.name
    return _OF_MODULES.get(spec.module, spec.module if spec.module in NEEDS else spec.name)
