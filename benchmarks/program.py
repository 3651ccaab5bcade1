"""The whole program from the command line beside an import, and two workers against one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

TWENTY_POINTS = ("lr=0.5,1", "hidden=2,3", "epochs=300", "seed=range(0,5)", "report=false")
FEW = "seed=range(0,1)"
POINTS_A_SEED = 60
LONG = ("lr=0.5", "hidden=8", "epochs=10000", "report=false")
IMPORT = "import hydra, numpy, pandas"
"""All times of the program are multiples of this import's, measured in the same turn."""
SECONDS_OF_TRAINING = 60
PROBE = 4_000
"""Seeds of the sweep that tells how long others will train."""
MARGIN = 1.3
"""A sweep of few seeds is the slower one, seed by seed."""


@dataclass(frozen=True)
class Command:
    """A command line of xorsweep, and the most time that it may take."""

    name: str
    arguments: tuple[str, ...] = ()
    target: str = ""


COMMANDS = (
    Command("`--help`", ("--help",), "1.2"),
    Command("`python -m xorsweep`", (), "2.0"),
    Command("`-m`, 20 points, no report", ("-m", *TWENTY_POINTS), "2.2"),
    Command("`-m plan=true`, the default grid", ("-m", "plan=true"), "2.5"),
)
SWEEPS = (
    Command("`-m`, the default grid with its report", ("-m",), "1, and 5 s"),
    Command("the same with `engine=numba`", ("-m", "engine=numba")),
    Command(
        f"{POINTS_A_SEED} points, Hydra's sweeper and joblib",
        ("-m", "hydra/sweeper=basic", "hydra/launcher=joblib", FEW),
    ),
    Command(f"{POINTS_A_SEED} points, xorsweep's sweeper with the report", ("-m", FEW)),
)


@dataclass(frozen=True)
class Program:
    """Seconds by turn of the import, and of each command."""

    imported: tuple[float, ...]
    seconds: Mapping[Command, tuple[float, ...]]

    def ratios(self, command: Command) -> tuple[float, ...]:
        """Return how many times as long as the import a command takes, by turn."""
        return tuple(
            mine / base for mine, base in zip(self.seconds[command], self.imported, strict=True)
        )


def whole_program(commands: Sequence[Command], turns: int) -> Program:
    """Return the times of the import and of commands, in turns."""
    imported: list[float] = []
    seconds: dict[Command, list[float]] = {command: [] for command in commands}
    for _ in range(turns):
        imported.append(_time(".", "-c", IMPORT))
        for command, found in seconds.items():
            with tempfile.TemporaryDirectory() as folder:
                found.append(_time(folder, "-m", "xorsweep", *command.arguments))
    return Program(tuple(imported), {each: tuple(found) for each, found in seconds.items()})


@dataclass(frozen=True)
class Workers:
    """Seconds of the same sweep with one worker and with two, by turn."""

    engine: str
    one: tuple[float, ...]
    two: tuple[float, ...]

    @property
    def ratios(self) -> tuple[float, ...]:
        """Return which share of one worker's time two take, by turn."""
        return tuple(two / one for one, two in zip(self.one, self.two, strict=True))


def workers(engine: str, seconds: float, turns: int) -> Workers:
    """Return the times of a sweep that trains for at least this number of seconds."""
    probe = _trained(engine, 1, PROBE)
    seeds = int(PROBE * MARGIN * seconds / probe.training) + 1
    pairs = [[_trained(engine, count, seeds).whole for count in (1, 2)] for _ in range(turns)]
    one, two = zip(*pairs, strict=True)
    return Workers(engine, one, two)


@dataclass(frozen=True)
class _Trained:
    """How long a sweep took: the whole program, and its training alone."""

    whole: float
    training: float


def _trained(engine: str, count: int, seeds: int) -> _Trained:
    given = (*LONG, f"engine={engine}", f"seed=range(0,{seeds})", f"parallel.n_jobs={count}")
    with tempfile.TemporaryDirectory() as folder:
        whole = _time(folder, "-m", "xorsweep", "-m", *given, "hydra.sweep.dir=sweep")
        manifest = json.loads((Path(folder) / "sweep/manifest.json").read_text(encoding="utf-8"))
    return _Trained(whole, manifest["seconds"])


def _time(folder: str, *arguments: str) -> float:
    command = [sys.executable, *arguments]
    # An installed program has its bytecode; without it each start would compile xorsweep anew.
    env = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = perf_counter()
    subprocess.run(
        command, cwd=folder, env=env, check=True, stdout=subprocess.DEVNULL, timeout=1800
    )
    return perf_counter() - started
