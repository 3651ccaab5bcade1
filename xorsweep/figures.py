"""The pictures of a sweep: tables in, figures out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from textwrap import fill
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import (
    EngFormatter,
    LogLocator,
    MaxNLocator,
    NullFormatter,
    PercentFormatter,
    SymmetricalLogLocator,
)

from xorsweep.layout import (
    MOST_LINES,
    MOST_LINES_WITH_BANDS,
    Layout,
    Panels,
    drawn,
    is_numeric,
    level_name,
    level_text,
    levels,
    longest,
    panels,
)
from xorsweep.measures import LEVELS, OUTCOMES
from xorsweep.style import GREY, LEVEL_TEXTS, STYLE, save
from xorsweep.summary import survival_curves, swept_columns

Courses = Callable[[pd.DataFrame], pd.DataFrame]
"""Returns quantiles of the error by epoch in some cells: summary rows in, long form out."""

MOST_FIELDS = 14
"""Rows or columns of a heat map up to which each field has room for its numbers."""
CHARACTERS_AN_INCH = 13
"""How many of them a line of text has room for."""
FEW_EPOCHS = 50
"""Up to this ratio of the ends of an axis, powers of ten alone would leave it without ticks."""
SMALLEST_ERROR = 1e-9
"""Final errors below this are drawn here: what is left of them says nothing about learning."""
MARKERS = "osD^vPX*"


@dataclass(frozen=True)
class Tables:
    """What the pictures are made from: the rows, the summary, and how to get at the courses."""

    results: pd.DataFrame
    summary: pd.DataFrame
    courses: Courses
    has_levels: bool
    layout: Layout = field(init=False)

    def __post_init__(self) -> None:
        layout = Layout.of(self.summary, swept_columns(self.summary))
        object.__setattr__(self, "layout", layout)


@dataclass(frozen=True)
class Picture:
    """A figure's file name, its title, what it shows in a sentence or two, and how it is drawn."""

    name: str
    title: str
    caption: str
    draw: Callable[[Tables], Figure | None]


def write_figures(tables: Tables, folder: Path) -> list[Picture]:
    """Write each picture that the rows allow as PNG and SVG; return those that were written."""
    folder.mkdir(exist_ok=True)
    written = []
    with mpl.rc_context(STYLE):
        for picture in PICTURES:
            figure = picture.draw(tables)
            if figure is not None:
                save(figure, folder / picture.name)
                written.append(picture)
    return written


def rate_map(tables: Tables) -> Figure | None:
    """Return the convergence rate over two keys, with n of N in each field."""
    summary, layout = tables.summary, tables.layout
    if len(summary) == 1 or summary["rate"].isna().all():
        return None
    parts = panels(summary, layout.others)
    across, down = _axis(summary, layout.across), _axis(summary, layout.lines)
    width = max(2.2, 0.52 * min(len(across), MOST_FIELDS) + 0.6)
    height = max(1.9, 0.42 * min(len(down), MOST_FIELDS) + 1.1)
    figure, grid = _figure(parts, width, height)
    for axes, part in zip(grid, parts.frames, strict=False):
        table = _pivot(part, layout, across, down, "rate")
        sns.heatmap(
            table,
            ax=axes,
            vmin=0,
            vmax=1,
            cmap="cividis",
            annot=_n_of_n(part, layout, across, down),
            fmt="",
            annot_kws={"fontsize": 7},
            linewidths=0.6 if max(table.shape) <= MOST_FIELDS else 0,
            xticklabels=ceil(len(across) / MOST_FIELDS),
            cbar=False,
        )
        axes.set(xlabel=layout.across, ylabel=layout.lines if axes is grid[0] else "")
        axes.tick_params(length=0, labelrotation=0)
    bar = figure.colorbar(grid[0].collections[0], ax=list(grid), aspect=25, pad=0.02)
    bar.outline.set_visible(False)
    bar.ax.yaxis.set_major_formatter(PercentFormatter(1))
    bar.set_label("runs that converged")
    _note(figure, parts)
    return figure


def rate_lines(tables: Tables) -> Figure | None:
    """Return the convergence rate along one key with 95 % intervals, a line a level of another."""
    summary, layout = tables.summary.dropna(subset=["rate"]), tables.layout
    if summary.empty:
        return None
    parts = panels(summary, layout.others)
    figure, grid = _figure(parts, 3.1, 2.7, sharex=True, sharey=True)
    styles = _styles(summary, layout.lines, MOST_LINES)
    places = _places(summary, layout.across)
    apart = min(0.012, 0.5 / (len(styles) * len(_axis(summary, layout.across))))
    for axes, part in zip(grid, parts.frames, strict=False):
        for index, (level, style) in enumerate(styles.items()):
            line = part[part[layout.lines] == level] if layout.lines else part
            line = line.sort_values(layout.across) if _is_number(line, layout.across) else line
            shift = (index - (len(styles) - 1) / 2) * apart
            joined = not layout.across or is_numeric(summary[layout.across])
            _draw_rates(axes, line, places(line, shift), {**style, "linewidth": 1.2 * joined})
        _scale_across(axes, summary, layout.across)
        axes.set_ylim(-0.03, 1.03)
        axes.yaxis.set_major_formatter(PercentFormatter(1))
        axes.grid(axis="y", linewidth=0.4, alpha=0.6)
        axes.set_xlabel(layout.across or "all runs")
    grid[0].set_ylabel("runs that converged")
    _legend(figure, grid[0])
    _note(figure, parts, _lines_note(summary, layout.lines, styles))
    return figure


def _draw_rates(axes: Axes, line: pd.DataFrame, at: Any, style: Mapping[str, Any]) -> None:
    # At all or none the interval lies on one side; rounding must not make the other negative.
    errors = np.maximum(
        [line["rate"] - line["rate_low"], line["rate_high"] - line["rate"]],
        0,
    )
    axes.errorbar(
        at,
        line["rate"],
        yerr=errors,
        markersize=4,
        elinewidth=0.9,
        capsize=2,
        clip_on=line.empty,  # no points have no place either, and would take room in a corner
        **style,
    )


def unsolved_curves(tables: Tables) -> Figure | None:
    """Return the share of runs still unsolved by epoch, with pointwise 95 % bands."""
    layout = tables.layout.at_the_end
    rows = longest(tables.results)
    curves = survival_curves(rows, layout.keys)
    if curves.empty:
        return None
    styles = _styles(curves, layout.lines, MOST_LINES_WITH_BANDS)
    parts = panels(_drawn(curves, layout.lines, styles), layout.facets)
    figure, grid = _figure(parts, 3.1, 2.5, sharex=True, sharey=True)
    for axes, part in zip(grid, parts.frames, strict=False):
        for level, style in styles.items():
            line = part[part[layout.lines] == level] if layout.lines else part
            epochs = line["epoch"].clip(lower=1)
            plain = {key: value for key, value in style.items() if key != "marker"}
            axes.step(epochs, line["unsolved"], where="post", linewidth=1.4, **plain)
            axes.fill_between(
                epochs,
                line["low"],
                line["high"],
                step="post",
                color=style["color"],
                alpha=0.15,
                linewidth=0,
            )
        _epochs_axis(axes, rows["epochs"].max(), _decade_before(rows["converged_epoch"]))
        axes.set_ylim(-0.03, 1.03)
        axes.yaxis.set_major_formatter(PercentFormatter(1))
        axes.grid(axis="y", linewidth=0.4, alpha=0.6)
    _outer_labels(grid, len(parts), "epochs", "still unsolved")
    _legend(figure, grid[0])
    _note(figure, parts, _lines_note(curves, layout.lines, styles))
    return figure


def final_errors(tables: Tables) -> Figure | None:
    """Return how the final errors are distributed, by outcome, with the levels of stuck runs."""
    layout = tables.layout.at_the_end
    rows = longest(tables.results)
    rows = rows[rows["status"] == "ok"]
    if rows.empty:
        return None
    rows = rows.assign(final_error=rows["final_error"].clip(lower=SMALLEST_ERROR))
    parts = panels(rows, [layout.lines])
    figure, grid = _figure(parts, 7.2, 1.5, columns=1)
    found = [name for name in OUTCOMES if (rows["outcome"] == name).any()]
    colours = dict(zip(OUTCOMES, sns.color_palette("colorblind"), strict=False))
    edges = _log_edges(rows["final_error"])
    for axes, part in zip(grid, parts.frames, strict=False):
        sns.histplot(
            part.assign(outcome=part["outcome"].astype(str)),
            x="final_error",
            hue="outcome",
            hue_order=found[::-1],
            palette=colours,
            multiple="stack",
            bins=edges,
            ax=axes,
            legend=False,
            linewidth=0,
            alpha=1,
        )
        axes.set_xscale("log")
        axes.set_xlim(edges[0], edges[-1])
        axes.set(xlabel="", ylabel="runs")
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        if tables.has_levels:
            _mark_levels(axes, named=axes is grid[0])
            # The names of the levels lie between the axes and the first title.
            grid[0].set_title(grid[0].get_title(loc="left"), loc="left", pad=24)
    grid[-1].set_xlabel("half the sum of squared errors after the last epoch")
    handles = [mpl.patches.Patch(color=colours[name], label=_outcome_text(name)) for name in found]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)
    _note(figure, parts)
    return figure


def _outcome_text(name: str) -> str:
    return LEVEL_TEXTS.get(name, name)


def _mark_levels(axes: Axes, named: bool) -> None:
    """Draw the levels at which runs get stuck; name them above, alternately lower and higher."""
    low, high = axes.get_xlim()
    shown = sorted(level for level in LEVELS.values() if low < level < high)
    for place, level in enumerate(shown):
        axes.axvline(level, color=GREY, linewidth=0.6, linestyle=(0, (4, 3)), zorder=0)
        if named:
            axes.annotate(
                f"1/{round(1 / level)}" if level < 1 else "1",
                (level, 1),
                (0, 2 + 9 * (place % 2)),
                xycoords=("data", "axes fraction"),
                textcoords="offset points",
                ha="center",
                color=GREY,
                fontsize=8,
            )


def _log_edges(errors: pd.Series[Any]) -> Any:
    """Return the edges of bins, ten to a decade, so laid that no level of stuck runs is an edge."""
    low, high = np.floor(10 * np.log10([errors.min(), max(errors.max(), 1.0)]))
    return 10 ** (np.arange(low - 1, high + 3) / 10 - 0.05)


def error_bands(tables: Tables) -> Figure | None:
    """Return the error by epoch: the median of the runs, and the band of their middle half."""
    layout = tables.layout.at_the_end
    cells = longest(tables.summary)
    cells = cells[cells["ok"] > 0]
    drawn = _drawn(cells, layout.lines, _styles(cells, layout.lines, MOST_LINES_WITH_BANDS))
    parts = panels(drawn, layout.facets)
    wanted = pd.concat(parts.frames) if len(drawn) else drawn
    bands = tables.courses(wanted) if len(wanted) else wanted
    if bands.empty:
        return None
    shown = panels(bands, layout.facets)
    figure, grid = _figure(shown, 3.1, 2.5, sharex=True, sharey=True)
    styles = _styles(bands, layout.lines, MOST_LINES_WITH_BANDS)
    for axes, part in zip(grid, shown.frames, strict=False):
        for level, style in styles.items():
            line = part[part[layout.lines] == level] if layout.lines else part
            line = line.sort_values("epoch")
            plain = {key: value for key, value in style.items() if key != "marker"}
            axes.plot(line["epoch"], line["q50"], linewidth=1.4, **plain)
            axes.fill_between(
                line["epoch"],
                line["q25"],
                line["q75"],
                color=style["color"],
                alpha=0.18,
                linewidth=0,
            )
        _epochs_axis(axes, bands["epoch"].max(), 0)
        axes.set_yscale("log")
        axes.grid(axis="y", linewidth=0.4, alpha=0.6)
        if tables.has_levels:
            for height in LEVELS.values():
                axes.axhline(height, color=GREY, linewidth=0.5, linestyle=(0, (4, 3)), zorder=0)
    _outer_labels(grid, len(shown), "epochs", "half the sum of squared errors")
    _legend(figure, grid[0])
    _note(figure, parts, _lines_note(cells, layout.lines, styles))
    return figure


def _figure(
    parts: Panels,
    width: float,
    height: float,
    columns: int = 3,
    sharex: bool = False,
    sharey: bool = False,
) -> tuple[Figure, list[Axes]]:
    """Return a figure with a titled place for each panel, the surplus ones taken away."""
    across = min(columns, len(parts))
    down = ceil(len(parts) / across)
    size = (max(across * width + 0.9, 4.6), down * height + 0.6)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(down, across, squeeze=False, sharex=sharex, sharey=sharey).ravel()
    for axes in grid[len(parts) :]:
        axes.remove()
    for axes in grid[max(0, len(parts) - across) : len(parts)]:
        axes.tick_params(labelbottom=True)
    for axes, title in zip(grid, parts.titles, strict=False):
        axes.set_title(fill(title, int(CHARACTERS_AN_INCH * width)), loc="left")
    return figure, list(grid[: len(parts)])


def _outer_labels(grid: Sequence[Axes], shown: int, below: str, left: str) -> None:
    columns = min(3, shown)
    for place, axes in enumerate(grid):
        axes.set_xlabel(below if place >= shown - columns else "")
        axes.set_ylabel(left if place % columns == 0 else "")


def _styles(frame: pd.DataFrame, key: str, most: int) -> dict[Any, dict[str, Any]]:
    """Return how each level's line is drawn: numbers along a scale, names in colours apart."""
    if not key:
        return {None: {"color": sns.color_palette("colorblind")[0], "marker": MARKERS[0]}}
    shown = levels(frame, key, most)
    if is_numeric(frame[key]):
        # The yellow end of the scale is too light for a line on white.
        colours = sns.color_palette("viridis", len(shown) + 1)[: len(shown)]
    else:
        colours = sns.color_palette("colorblind", len(shown))
    return {
        level: {"color": colour, "marker": marker, "label": drawn(level_text(key, level))}
        for level, colour, marker in zip(shown, colours, MARKERS, strict=False)
    }


def _drawn(frame: pd.DataFrame, key: str, styles: Mapping[Any, Any]) -> pd.DataFrame:
    """Return the rows of the lines that are drawn, so that no panel is left without one."""
    return frame[frame[key].isin(list(styles))] if key else frame


def _is_number(frame: pd.DataFrame, key: str) -> bool:
    return bool(key) and is_numeric(frame[key])


def _places(summary: pd.DataFrame, key: str) -> Callable[[pd.DataFrame, float], Any]:
    """Return where a line's points lie along a key, shifted so that intervals stay apart."""
    if not key:
        return lambda line, shift: np.zeros(len(line)) + shift
    if not is_numeric(summary[key]):
        order = {level: place for place, level in enumerate(levels(summary, key))}
        return lambda line, shift: np.array([order[level] for level in line[key]]) + 4 * shift
    if _is_wide(summary[key]):
        span = np.log10(summary[key].max() / summary[key].min())
        return lambda line, shift: line[key].to_numpy() * 10 ** (shift * span)
    span = summary[key].max() - summary[key].min()
    return lambda line, shift: line[key].to_numpy() + shift * span


def _scale_across(axes: Axes, summary: pd.DataFrame, key: str) -> None:
    if not key:
        axes.set_xticks([])
        return
    found = levels(summary, key)
    if not is_numeric(summary[key]):
        axes.set_xticks(range(len(found)), [drawn(level_name(level)) for level in found])
        return
    if _is_wide(summary[key]):
        axes.set_xscale("log")
        axes.xaxis.set_minor_formatter(NullFormatter())
    if len(found) <= MOST_LINES:
        axes.set_xticks(found, [drawn(level_name(level)) for level in found])


def _is_wide(numbers: pd.Series[Any]) -> bool:
    """Tell whether numbers spread so far that only a logarithmic axis shows them all."""
    return bool(numbers.min() > 0 and numbers.max() >= 8 * numbers.min())


def _epochs_axis(axes: Axes, last: float, first: float) -> None:
    if first:
        axes.set_xscale("log")
    else:
        axes.set_xscale("symlog", linthresh=1)
    axes.set_xlim(first, max(last, first + 1))
    if last < FEW_EPOCHS * max(first, 1):
        axes.xaxis.set_major_locator(
            LogLocator(subs=(1, 2, 5))
            if first
            else SymmetricalLogLocator(base=10, linthresh=1, subs=(1, 2, 5))
        )
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _decade_before(epochs: pd.Series[Any]) -> float:
    """Return the power of ten, 1 at least, from which on something happens."""
    first = epochs[epochs > 0].min()
    return 1.0 if pd.isna(first) else float(10 ** np.floor(np.log10(first)))


def _axis(summary: pd.DataFrame, key: str) -> list[Any]:
    return levels(summary, key) if key else [""]


def _pivot(
    part: pd.DataFrame, layout: Layout, across: list[Any], down: list[Any], column: str
) -> pd.DataFrame:
    """Return a column of the summary as a table, levels of one key across, of another down."""
    table = pd.DataFrame(
        {
            "across": part[layout.across].to_numpy() if layout.across else "",
            "down": part[layout.lines].to_numpy() if layout.lines else "",
            "value": part[column].to_numpy(),
        }
    ).pivot(index="down", columns="across", values="value")
    table = table.reindex(index=down[::-1], columns=across)
    table.index = [drawn(level_name(level)) for level in table.index]
    table.columns = [drawn(level_name(level)) for level in table.columns]
    return table


def _n_of_n(part: pd.DataFrame, layout: Layout, across: list[Any], down: list[Any]) -> Any:
    """Return `n of N` for each field, or False where the fields are too small for it."""
    if max(len(across), len(down)) > MOST_FIELDS:
        return False
    texts = [
        f"{converged:,}\nof {runs:,}"
        for converged, runs in zip(part["converged"], part["runs"] - part["failed"], strict=True)
    ]
    table = _pivot(part.assign(text=texts), layout, across, down, "text")
    return table.astype(object).fillna("").to_numpy()


def _legend(figure: Figure, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    if not handles:
        return
    entry = 0.6 + max(map(len, labels)) / CHARACTERS_AN_INCH
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=max(1, min(len(labels), 4, int(figure.get_figwidth() / entry))),
        frameon=False,
    )


def _lines_note(frame: pd.DataFrame, key: str, shown: Mapping[Any, Any]) -> str:
    """Return what to say where not every level of a key has a line, or nothing."""
    every = len(levels(frame, key)) if key else len(shown)
    return f"{len(shown)} of {every:,} levels of {key}" if len(shown) < every else ""


def _note(figure: Figure, parts: Panels, lines: str = "") -> None:
    notes = [note for note in (lines, parts.note) if note]
    if notes:
        text = "; ".join([*notes, "summary.csv holds all"])
        width = int(CHARACTERS_AN_INCH * figure.get_figwidth())
        figure.suptitle(fill(text, width), fontsize=8, color=GREY)


PICTURES = (
    Picture(
        "convergence_rate",
        "How often training converges",
        "Each field holds how many of a cell's runs met the criterion within their epochs.",
        rate_map,
    ),
    Picture(
        "rate_lines",
        "How sure these rates are",
        "The same rates with 95 % intervals: Wilson's, and Clopper and Pearson's where all or "
        "none of the runs converged. Lines lie slightly apart so that intervals don't cover each "
        "other.",
        rate_lines,
    ),
    Picture(
        "unsolved",
        "How long it takes",
        "The share of runs that hadn't met the criterion yet (Kaplan and Meier), with pointwise "
        "95 % bands. Where a curve flattens out, runs are stuck.",
        unsolved_curves,
    ),
    Picture(
        "final_error",
        "Where runs end",
        "Final errors at the largest number of epochs, over all other settings. The dashed lines "
        "are the levels at which runs get stuck, where several rows share one output.",
        final_errors,
    ),
    Picture(
        "error_by_epoch",
        "How the error falls",
        "The median over the seeds, and the band that holds the middle half of the runs, at the "
        "largest number of epochs; of a cell with more than 20,000 runs, of the first of them. The "
        "dashed lines are the levels at which runs get stuck.",
        error_bands,
    ),
)
"""The pictures of a report, in its order."""
