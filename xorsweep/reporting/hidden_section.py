"""The section of a run's page on its hidden units: why the run ended where it did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from xorsweep.networks.hidden_space import HiddenSpace
from xorsweep.networks.single_run import SingleRun
from xorsweep.reporting.explanation import RunDiagnosis
from xorsweep.reporting.hidden_plane import HiddenPlane, has_plane, hidden_plane
from xorsweep.reporting.svg.hidden_paths import hidden_paths
from xorsweep.reporting.svg.markup import number
from xorsweep.text import count_text, epoch_text

MOST_ROWS = 16
MOST_UNITS = 12
"""Rows and hidden units that the table has; run.json has more."""


@dataclass(frozen=True)
class HiddenSection:
    """The page's section on hidden units: sentences, a drawing of two, and their outputs."""

    title: str
    sentences: Sequence[str]
    svg: str
    caption: str
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[str]]]
    note: str


def hidden_section(run: SingleRun) -> HiddenSection:
    """Return the section of a run."""
    diagnosis = RunDiagnosis(run)
    plane = hidden_plane(run) if has_plane(run) else None
    space = diagnosis.space
    return HiddenSection(
        title=diagnosis.title,
        sentences=diagnosis.sentences,
        svg=hidden_paths(plane) if plane else "",
        caption=_caption(plane) if plane else "",
        columns=list(_columns(space)) if space else [],
        rows=list(_rows(run, space)) if space else [],
        note=_note(space, run.epochs[diagnosis.place]) if space else "",
    )


def _caption(plane: HiddenPlane) -> str:
    end = (
        "to a disc, a blue one where the target is high, or an orange square where it is low"
        if plane.rows[0].high is not None
        else "to a disc"
    )
    text = (
        "Each row of the truth table is a point: the outputs of the two hidden units. It moves "
        f"from a ring, before training, {end}. The small dots are its positions after 1, "
        "10, 100, 1,000 ... epochs."
    )
    if plane.above or plane.dividers:
        text += (
            " On the line the output after the last epoch is one half; it is higher on the tinted "
            "side."
            if plane.rows[0].high is not None
            else " On each line an output is one half after the last epoch."
        )
    return text


def _columns(space: HiddenSpace) -> Iterator[str]:
    yield "target"
    yield from (f"hidden {unit + 1}" for unit in range(_units(space)))
    if space.targets.shape[1] == 1:
        yield from ("output", "error signal")


def _rows(run: SingleRun, space: HiddenSpace) -> Iterator[tuple[str, list[str]]]:
    for row, label in enumerate(run.task.row_labels()[:MOST_ROWS]):
        targets = " ".join(f"{target:g}" for target in space.targets[row])
        values = [*space.hidden_outputs[row, : _units(space)]]
        if space.targets.shape[1] == 1:
            values += [space.outputs[row, 0], space.error_signals[row, 0]]
        yield label, [targets, *(number(float(value), 4) for value in values)]


def _note(space: HiddenSpace, epoch: int) -> str:
    text = f"Outputs of the hidden units {epoch_text(epoch)}."
    if space.targets.shape[1] == 1:
        text += (
            " The error signal of a row is minus the derivative of the loss with respect to the "
            "sum that enters the output unit: positive where the output should rise."
        )
    rows, units = space.hidden_outputs.shape
    hidden = [
        count_text(count, f"more {noun}")
        for count, noun in ((rows - MOST_ROWS, "row"), (units - MOST_UNITS, "hidden unit"))
        if count > 0
    ]
    return f"{text} There are {' and '.join(hidden)}." if hidden else text


def _units(space: HiddenSpace) -> int:
    return min(int(space.hidden_outputs.shape[1]), MOST_UNITS)
