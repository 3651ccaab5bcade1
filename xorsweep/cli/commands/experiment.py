"""`xorsweep experiment NAME key=1,2`."""

from __future__ import annotations

from argparse import Namespace

from xorsweep.cli.commands.parser import Parser, add_swept, sweep_own

EXAMPLES = """\
  python -m xorsweep experiment random_walk drift=0.1 steps=9 'seed=range(0,9)'
  python -m xorsweep experiment coins:Coins p=0.4,0.5 seed=0 plan=true
  python -m xorsweep experiment random_walk resume=latest 'seed=range(9,20)'

An experiment is a class that derives from xorsweep.experiment.Experiment. An
installed package offers it by a name; MODULE:CLASS is one of a module that is
installed or in the current folder. Each of its keys needs levels. The options
are those of any sweep: plan, resume, grid.where, grid.zip, grid.blocks,
parallel, precision, max_seeds, on_failure, report, csv, title,
hydra.sweep.dir. rate=NAME selects the column for precision, and
times.STEPS=SOLVED adds a survival curve."""


def add_arguments(parser: Parser) -> None:
    """Add the arguments for the experiment and for Hydra."""
    add_swept(parser, "experiment", "NAME", "name of an experiment, or MODULE:CLASS")


def run(given: Namespace) -> None:
    """Sweep an experiment; exit code 1 where points failed."""
    sweep_own("experiment", given)
