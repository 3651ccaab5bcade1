"""The notebook's one run: one network, trained by the sweep's own engine and looked at closely."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from xorsweep.atomic import replacing, write_atomically
from xorsweep.config import choose, network_of
from xorsweep.engines import Engine, load_train
from xorsweep.engines.contract import Trained, Training
from xorsweep.exceptions import text_of
from xorsweep.measures import DESCRIPTIONS, OUTCOMES, Measures, course_epochs, measure
from xorsweep.network import Weights
from xorsweep.plan import batch_of_one
from xorsweep.prepare import prepare
from xorsweep.rules import FloatArray, Scalar
from xorsweep.tasks import Task
from xorsweep.terminal import Terminal
from xorsweep.worker import STATUSES, build_training, read_snapshot

EPOCHS_A_DECADE = 32
"""How closely a single run is followed; a sweep keeps a quarter of these epochs."""
MOST_LINES = 16
"""Rows of a table that are printed; the files hold all of them."""

LAYERS = {
    "w1": "hidden weight",
    "b1": "hidden bias",
    "w2": "output weight",
    "b2": "output bias",
    "direct": "direct link",
}
"""What the notebook calls each role of a weight."""


@dataclass(frozen=True)
class SingleRun:
    """One network on its way, kept at E log-spaced epochs: 0 first, the last last.

    parameters (P, E) and outputs (rows, units, E) are those after so many epochs;
    outputs_before_last_epoch (rows, units) are those an epoch earlier: of the notebook's run, what
    the notebook prints. `converged_epoch` is None where the criterion was
    never met.
    """

    point: Mapping[str, Scalar]
    engine: Engine
    training: Training
    epochs: tuple[int, ...]
    parameters: FloatArray
    outputs: FloatArray
    outputs_before_last_epoch: FloatArray
    converged_epoch: int | None
    holds_at_end: bool
    outcome: str
    status: str

    @property
    def task(self) -> Task:
        """Return the task that the network was given."""
        task: Task = choose("task", self.point)
        return task

    @property
    def initial(self) -> Weights:
        """Return the weights before training, without a batch axis."""
        return self._weights(0)

    @property
    def final(self) -> Weights:
        """Return the weights after the last epoch, without a batch axis."""
        return self._weights(-1)

    @property
    def final_outputs(self) -> FloatArray:
        """Return the outputs after the last epoch (rows, units)."""
        return self.outputs[..., -1]

    @property
    def errors(self) -> Measures:
        """Return the errors after so many epochs, each (E,)."""
        return measure(self.outputs, self.training.targets)

    @property
    def final_error(self) -> float:
        """Return half the sum of squared errors after the last epoch."""
        return float(self.errors.final_error[-1])

    def _weights(self, at: int) -> Weights:
        views = self.training.network.views(self.parameters)
        return Weights(*(view[..., at] for view in views))


def run_single(
    point: Mapping[str, Scalar], engine: Engine, folder: Path, terminal: Terminal | None = None
) -> float:
    """Train one checked point, say and write what became of it, and return its final error."""
    terminal = terminal or Terminal()
    terminal.say(headline(point))
    prepare([batch_of_one(point, (1,))], engine, terminal.say)
    run = train_single(point, engine)
    paths = write_single(run, folder)
    describe_single(run, terminal.console)
    terminal.paths(paths)
    return run.final_error


def train_single(point: Mapping[str, Scalar], engine: Engine = Engine()) -> SingleRun:
    """Return the run of one checked point, the same to the bit as in a sweep."""
    last = point["epochs"]
    assert isinstance(last, int)
    training, trained = _train(point, last, engine)
    stopped = int(trained.converged_epoch[0])
    if training.until_converged and 0 <= stopped < last:
        # The network stands still from there on, and what matters is how it came there.
        training, trained = _train(point, stopped, engine)
    return _single_run(point, engine, training, trained)


def _train(point: Mapping[str, Scalar], last: int, engine: Engine) -> tuple[Training, Trained]:
    """Train to an epoch, with the state kept at the epochs of the course and before the last."""
    kept = tuple(sorted({*course_epochs(last, EPOCHS_A_DECADE), max(last - 1, 0)}))
    try:
        training = build_training(batch_of_one(point, kept))
        return training, load_train(engine)(training)
    except SystemExit as error:  # of somebody's choice: it would end the program without a word
        raise RuntimeError(f"training ended with {text_of(error)}") from error


def _single_run(
    point: Mapping[str, Scalar], engine: Engine, training: Training, trained: Trained
) -> SingleRun:
    snapshots = training.snapshots
    last = snapshots[-1]
    epochs = course_epochs(last, EPOCHS_A_DECADE)
    course = [snapshots.index(epoch) for epoch in epochs]
    end = read_snapshot(training, trained, len(snapshots) - 1)
    converged_epoch = int(end["converged_epoch"][0])
    return SingleRun(
        point=dict(point),
        engine=engine,
        training=training,
        epochs=epochs,
        parameters=np.ascontiguousarray(trained.parameters[course, :, 0].T),
        outputs=np.moveaxis(trained.outputs[course, ..., 0], 0, -1).copy(),
        outputs_before_last_epoch=trained.outputs[snapshots.index(max(last - 1, 0)), ..., 0],
        converged_epoch=None if converged_epoch < 0 else converged_epoch,
        holds_at_end=bool(end["holds_at_end"][0]),
        outcome=OUTCOMES[end["outcome"][0]],
        status=STATUSES[end["status"][0]],
    )


def write_single(run: SingleRun, folder: Path) -> list[Path]:
    """Write the page and the numbers of a run into a folder and return their paths.

    run.json holds all about it; course.csv the errors by epoch; weights.npz the initial and the
    final weights, rows 0 and 1 of what `init=file` reads. Numbers read back to the bit.
    """
    # What draws is imported here, once there is something to draw.
    from xorsweep.single_page import write_page

    paths = [folder / name for name in ("run.json", "course.csv", "weights.npz")]
    data = json.dumps(_as_data(run), indent=2, allow_nan=False) + "\n"
    write_atomically(paths[0], data.encode("utf-8"))
    write_atomically(paths[1], _course_text(run).encode("utf-8"))
    ends: dict[str, Any] = {role: np.stack(pair) for role, pair in _both_ends(run).items()}
    with replacing(paths[2]) as file:
        np.savez(file, **ends)
    return [*write_page(run, folder), *paths]


def _both_ends(run: SingleRun) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Return initial and final weights by role, of the roles that the network has."""
    initial, final = run.initial._asdict(), run.final._asdict()
    return {role: (initial[role], final[role]) for role in initial if initial[role].size}


def _as_data(run: SingleRun) -> dict[str, Any]:
    ends = _both_ends(run)
    errors = {name: _plain(values[-1]) for name, values in run.errors._asdict().items()}
    return {
        "point": dict(run.point),
        "epochs": run.epochs[-1],
        **errors,
        "converged": run.converged_epoch is not None,
        "converged_epoch": run.converged_epoch,
        "holds_at_end": run.holds_at_end,
        "outcome": run.outcome,
        "status": run.status,
        "initial_weights": {role: _plain(initial) for role, (initial, _) in ends.items()},
        "final_weights": {role: _plain(final) for role, (_, final) in ends.items()},
        "truth_table": [
            {
                "row": label,
                "inputs": _plain(run.training.inputs[row]),
                "targets": _plain(run.training.targets[row]),
                "outputs": _plain(run.final_outputs[row]),
                "outputs_before_last_epoch": _plain(run.outputs_before_last_epoch[row]),
            }
            for row, label in enumerate(run.task.row_labels())
        ],
    }


def _plain(values: Any) -> Any:
    """Return numbers as JSON has them: None stands for what isn't finite."""
    return np.where(np.isfinite(values), values, np.array(None)).tolist()


def _course_text(run: SingleRun) -> str:
    errors = run.errors
    columns = (errors.final_error, errors.mse, errors.max_abs_error)
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["epoch", "half_sse", "mse", "max_abs_error"])
    writer.writerows(zip(run.epochs, *map(_plain, columns), strict=True))
    return text.getvalue()


def describe_single(run: SingleRun, console: Console) -> None:
    """Print the weights before and after, the truth table beside the outputs, and the outcome."""
    console.print(_weight_table(run))
    console.print(_truth_table(run))
    for line in _conclusion(run):
        console.print(Text(line))


def headline(point: Mapping[str, Scalar]) -> str:
    """Return in one line what is trained, and how."""
    network = network_of(point)
    direct = " with direct links" if network.skip else ""
    online = " online" if point["schedule"] == "online" else ""
    return (
        f"{point['task']}, {network.inputs}-{network.hidden}-{network.outputs}{direct}, "
        f"{point['activation']}, {point['optimizer']}{online} at lr {point['lr']:g}, "
        f"{point['init']} weights, seed {point['seed']}, {point['epochs']:,} epochs"
    )


def _weight_table(run: SingleRun) -> Table:
    table = _table("Weights and biases", "initial", "final")
    lines = [
        (name, f"{initial:.8f}", f"{final:.8f}") for name, initial, final in places_of_weights(run)
    ]
    return _filled(table, lines)


def places_of_weights(run: SingleRun) -> Iterator[tuple[str, float, float]]:
    """Return each weight by what it is called, with its initial and its final value."""
    for role, (before, after) in _both_ends(run).items():
        places = _places(role, before.shape)
        for place, initial, final in zip(places, before.ravel(), after.ravel(), strict=True):
            yield f"{LAYERS[role]} {place}".strip(), float(initial), float(final)


def _places(role: str, shape: tuple[int, ...]) -> Iterator[str]:
    """Return between which units each weight of a role lies, counted from 1."""
    units = {"w1": ("input", "hidden"), "w2": ("hidden", "output"), "direct": ("input", "output")}
    for index in np.ndindex(shape):
        numbers = [number + 1 for number in index]
        ends = units.get(role, ("",) * len(shape))
        yield " to ".join(f"{unit} {n}".strip() for unit, n in zip(ends, numbers, strict=True))


def _truth_table(run: SingleRun) -> Table:
    table = _table("Truth table", "target", "output", "output before the last epoch")
    targets = run.training.targets
    lines = [
        (
            label,
            " ".join(f"{target:g}" for target in targets[row]),
            _answer(run.final_outputs[row], targets[row]),
            _answer(run.outputs_before_last_epoch[row], targets[row]),
        )
        for row, label in enumerate(run.task.row_labels())
    ]
    return _filled(table, lines)


def _answer(outputs: FloatArray, targets: FloatArray) -> str:
    """Return the output for one row, or of several how far they are off."""
    if len(outputs) == 1:
        return f"{outputs[0]:.8f}"
    return f"within {np.abs(targets - outputs).max():.4f}"


def _table(title: str, *columns: str) -> Table:
    table = Table("", title=title, title_justify="left", title_style="")
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _filled(table: Table, lines: Sequence[Sequence[str]]) -> Table:
    for line in lines[:MOST_LINES]:
        table.add_row(*line)
    if len(lines) > MOST_LINES:
        table.caption = f"and {len(lines) - MOST_LINES:,} more lines in run.json"
    return table


def _conclusion(run: SingleRun) -> Iterator[str]:
    yield f"outcome {run.outcome} ({DESCRIPTIONS[run.outcome]})"
    criterion = f"criterion {run.point['criterion']}"
    if run.converged_epoch is None:
        yield f"{criterion} never met"
    else:
        end = "" if run.holds_at_end else ", and left again before the end"
        yield f"{criterion} first met after {run.converged_epoch:,} epochs{end}"
    yield f"half the sum of squared errors: {run.final_error:.8g}"
