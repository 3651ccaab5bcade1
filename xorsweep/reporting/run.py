"""The return type of `xorsweep.train`: one trained network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from xorsweep.analysis.objective_values import estimate_objective
from xorsweep.errors import ConfigError
from xorsweep.fields import FloatArray, Scalar
from xorsweep.fields.values import read_whole
from xorsweep.networks.architecture import Weights
from xorsweep.networks.engines import Engine
from xorsweep.networks.engines.predict import predict
from xorsweep.networks.metrics import DESCRIPTIONS, plateau_labels, plateaus
from xorsweep.networks.objectives import SeedRuns
from xorsweep.networks.planning import batch_of_one
from xorsweep.networks.single_run import SingleRun, headline, train_single
from xorsweep.networks.warmup import warm_up
from xorsweep.reporting.console import Console
from xorsweep.reporting.explanation import RunDiagnosis
from xorsweep.reporting.run_console import describe_single
from xorsweep.reporting.run_files import write_single
from xorsweep.storage.paths import folder_of
from xorsweep.text import count_text, epoch_text, shorten

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_SIDE_BY_SIDE = "display:flex;flex-wrap:wrap;gap:1em;align-items:center"


@dataclass(frozen=True)
class HtmlPicture:
    """A figure as HTML, an SVG or an image, and its caption."""

    html: str
    caption: str = ""


@dataclass(frozen=True, repr=False)
class Drawings:
    """Figures side by side, as a notebook shows them."""

    drawings: tuple[HtmlPicture, ...]

    def _repr_html_(self) -> str:
        from xorsweep.reporting.rendering import typeset_markup

        figures = (
            f'<figure style="margin:0">{each.html}<figcaption>{each.caption}</figcaption></figure>'
            for each in self.drawings
        )
        return typeset_markup(f'<div style="{_SIDE_BY_SIDE}">{"".join(figures)}</div>')

    def __repr__(self) -> str:
        return f"<{'; '.join(each.caption for each in self.drawings)}>"


@dataclass(frozen=True, repr=False)
class Explanation:
    """An explanation of a run's outcome: sentences about its numbers, one per line, and a figure.

    The figure shows how the rows of the truth table move through the plane of two hidden units, or,
    with another number of them, the output of each hidden unit for each row.
    """

    text: str
    figure: Figure

    def __str__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        from xorsweep.reporting.figures.style import styled, svg_of
        from xorsweep.reporting.rendering import typeset_markup

        lines = "".join(f"<li>{escape(line)}</li>" for line in self.text.splitlines())
        with styled():
            svg = svg_of(self.figure)
        # HTML has no place for an XML declaration and a document type.
        picture = svg[svg.index("<svg") :]
        return typeset_markup(
            f'<div style="{_SIDE_BY_SIDE}"><ul style="max-width:34em">{lines}</ul>{picture}</div>'
        )

    def __repr__(self) -> str:
        return f"<Explanation: {self.text}>"


@dataclass(frozen=True, repr=False)
class Run:
    """One trained network: its weights, its outputs and its errors by epoch.

    `single` is the run that the command line and the figures use.
    """

    single: SingleRun

    @property
    def point(self) -> Mapping[str, Scalar]:
        """Return every key of the run with its value, in the order of the columns of results."""
        return self.single.point

    @property
    def outputs(self) -> FloatArray:
        """Return the outputs after the last epoch, (rows, outputs)."""
        return self.single.final_outputs

    @property
    def weights(self) -> Weights:
        """Return the weights after the last epoch.

        w1 (inputs, hidden), b1 (hidden,), w2 (hidden, outputs), b2 (outputs,), direct
        (inputs, outputs), which is empty in a network without direct connections.
        """
        return self.single.final

    @property
    def initial_weights(self) -> Weights:
        """Return the weights before training, shaped as `weights`."""
        return self.single.initial

    @property
    def epochs(self) -> tuple[int, ...]:
        """Return the E epochs with stored values: 0, then evenly spaced on a log scale."""
        return self.single.epochs

    @property
    def outputs_by_epoch(self) -> FloatArray:
        """Return the outputs after each of `epochs`, (rows, outputs, E)."""
        return self.single.outputs

    @property
    def weights_by_epoch(self) -> Weights:
        """Return the weights after each of `epochs`, shaped as `weights` with a last axis (E,)."""
        return Weights(*self.single.training.network.views(self.single.parameters))

    @property
    def errors(self) -> pd.DataFrame:
        """Return the errors by epoch: half_sse, mse, max_abs_error, and `epoch` as the index."""
        return self._by_epoch(self.single.error_columns)

    @property
    def curvature(self) -> pd.DataFrame:
        """Return the curvature of the loss by epoch, NaN for networks without one.

        Columns: `gradient_norm`, the norm of the gradient; `curvature_min` and `curvature_max`,
        the smallest and the largest eigenvalue of the Hessian. The index is `epoch`.
        """
        return self._by_epoch(self.single.curvature._asdict())

    def _by_epoch(self, columns: Mapping[str, FloatArray]) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame(columns, index=pd.Index(self.epochs, name="epoch"))

    @property
    def truth_table(self) -> pd.DataFrame:
        """Return inputs, targets and outputs after the last epoch, one row per row of the task."""
        import pandas as pd

        training = self.single.training
        columns: dict[str, Any] = {}
        for name, values in (
            ("input", training.inputs),
            ("target", training.targets),
            ("output", self.outputs),
        ):
            numbered = values.shape[1] > 1
            columns |= {
                f"{name} {place + 1}" if numbered else name: column
                for place, column in enumerate(values.T)
            }
        return pd.DataFrame(columns, index=pd.Index(self.single.task.row_labels(), name="row"))

    @property
    def final_error(self) -> float:
        """Return half the sum of squared errors after the last epoch."""
        return self.single.final_error

    @property
    def converged(self) -> bool:
        """Tell whether the criterion was ever met."""
        return self.single.converged_epoch is not None

    @property
    def converged_epoch(self) -> int | None:
        """Return the number of epochs after which the criterion was first met, or None."""
        return self.single.converged_epoch

    @property
    def converged_at_end(self) -> bool:
        """Tell whether the criterion was met after the last epoch."""
        return self.single.converged_at_end

    @property
    def outcome(self) -> str:
        """Return the name of the run's outcome, such as `solved`."""
        return self.single.outcome

    @property
    def solution(self) -> str | None:
        """Return the functions that the hidden units of a solved run compute, such as `AND+OR`.

        For an unsolved run it is the function that the network computes, such as `answers OR`.
        None if there is none, and for networks without two or three inputs, with several outputs
        or with more than four hidden units.
        """
        return self.single.solution

    def predict(self, inputs: ArrayLike) -> FloatArray:
        """Return the outputs (n, outputs) of the trained network for any inputs (n, inputs).

        Raises ConfigError for anything else.
        """
        wanted = self.single.training.network.inputs
        try:
            rows = np.asarray(inputs, np.float64)
        except (TypeError, ValueError):
            raise ConfigError(
                f"inputs={shorten(inputs)}: must be rows of {wanted} numbers"
            ) from None
        if rows.ndim != 2 or rows.shape[1] != wanted:
            raise ConfigError(f"inputs of shape {rows.shape}: must be rows of {wanted} numbers")
        return predict(self.single.training, self.single.parameters[:, -1], rows)

    def surfaces(self, *epochs: int) -> Drawings:
        """Return the decision surfaces after some epochs.

        The stored epochs closest to `epochs` are drawn, by default the first and the last. Raises
        ConfigError for a network without two inputs and one output.
        """
        from xorsweep.reporting.svg.decision_surface import has_surface

        if not has_surface(self.single.training.network):
            raise ConfigError("surfaces: needs a network with two inputs and one output")
        for epoch in epochs:
            read_whole("epochs", epoch, 0, 10**9)
        wanted = epochs or (self.epochs[0], self.epochs[-1])
        places = [int(np.abs(np.array(self.epochs) - epoch).argmin()) for epoch in wanted]
        return Drawings(tuple(self._surface(place) for place in places))

    def why(self) -> Explanation:
        """Return an explanation of the run's outcome, as sentences and a figure."""
        from xorsweep.reporting.figures.hidden_outputs import draw_hidden_outputs

        text = "\n".join(RunDiagnosis(self.single).sentences)
        return Explanation(text, draw_hidden_outputs(self.single))

    def save(self, folder: str | Path) -> list[Path]:
        """Write the files that `python -m xorsweep` writes; return their paths."""
        path = folder_of(folder)
        path.mkdir(parents=True, exist_ok=True)
        return write_single(self.single, path)

    def _repr_html_(self) -> str:
        """Return the run as a notebook shows it: the network, its error and its surface."""
        from xorsweep.reporting.svg.decision_surface import has_surface
        from xorsweep.reporting.svg.error_curve import error_curve
        from xorsweep.reporting.svg.network_diagram import network_diagram

        training = self.single.training
        levels = plateau_labels(plateaus(training.targets))
        errors = self.single.errors.final_error
        shown = [
            HtmlPicture(network_diagram(self.weights)),
            HtmlPicture(error_curve(self.epochs, errors, levels, self.converged_epoch)),
        ]
        if has_surface(training.network):
            shown.append(self._surface(-1))
        head = f"<p>{escape(headline(self.point))}<br>{escape(self._end)}</p>"
        return head + Drawings(tuple(shown))._repr_html_()

    def _surface(self, place: int) -> HtmlPicture:
        from xorsweep.reporting.rendering import data_uri
        from xorsweep.reporting.svg.decision_surface import decision_surface, describe_surface

        there = self.single.training, self.single.parameters[:, place]
        source = data_uri("image/png", decision_surface(*there))
        error = self.single.errors.final_error[place]
        return HtmlPicture(
            f'<img src="{source}" alt="{escape(describe_surface(*there))}" width="160">',
            f"{epoch_text(self.epochs[place])}: error {error:.3g}",
        )

    def __repr__(self) -> str:
        return f"<Run {headline(self.point)}; {self._end}>"

    @property
    def _end(self) -> str:
        if self.converged_epoch is None:
            end = f"not converged: {DESCRIPTIONS[self.outcome]}"
        else:
            end = f"converged after {count_text(self.converged_epoch, 'epoch')}"
        return f"{end}; half SSE {self.final_error:.3g}"


def run_single(
    point: Mapping[str, Scalar],
    engine: Engine,
    folder: Path,
    terminal: Console | None = None,
    objective: str = "final_error",
    curvature: bool | str = False,
) -> float:
    """Train one checked point, write its results, and return its objective."""
    terminal = terminal or Console()
    terminal.log_wrapped(headline(point))
    warm_up([batch_of_one(point, (1,))], engine, terminal.log)
    run = train_single(point, engine, curvature)
    paths = write_single(run, folder)
    describe_single(run, terminal.console)
    value = estimate_objective(objective, SeedRuns.of_single(run)).value
    if objective != "final_error":  # which is printed already
        terminal.log(f"{objective} {value:.6g}")
    terminal.paths(paths)
    return value
