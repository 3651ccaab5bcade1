"""The figures of networks that the small sweep of the tests has."""

from xorsweep.reporting.figures.catalog import NETWORK_FIGURES

NEED_OTHER_ROWS = {"curvature_by_epoch", "initial_weights", "initial_weights_map"}
"""Figures that need other rows than those of the small sweep, such as more seeds."""

SMALL_SWEEP_FIGURES = tuple(spec for spec in NETWORK_FIGURES if spec.name not in NEED_OTHER_ROWS)
