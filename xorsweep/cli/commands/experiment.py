"""`xorsweep experiment NAME key=1,2`."""

from __future__ import annotations

from argparse import Namespace

from xorsweep.cli.commands.parser import Parser, add_swept, sweep_own

EXAMPLES = """\
  python -m xorsweep experiment random_walk drift=0,0.1 steps=100 'seed=range(0,40)'
  python -m xorsweep experiment walks:RandomWalk drift=0,0.1 steps=100 seed=0 plan=true
  python -m xorsweep experiment random_walk resume=latest 'seed=range(40,80)'

An experiment is a class that derives from xorsweep.experiment.Experiment: by the name that an
installed package offers, or module:class of the current folder. Each of its keys needs levels. The
keys of a sweep apply here, too: plan, resume, grid.where, grid.zip, grid.blocks, parallel,
precision, max_seeds, on_failure, report, csv, title, hydra.sweep.dir; and rate=NAME, the column
that precision is about, and times.STEPS=SOLVED, for survival curves."""


def add_arguments(parser: Parser) -> None:
    """Add the arguments for the experiment and for Hydra."""
    add_swept(parser, "experiment", "NAME", "the experiment to sweep")


def run(given: Namespace) -> None:
    """Sweep an experiment; exit code 1 where points failed."""
    sweep_own("experiment", given)
