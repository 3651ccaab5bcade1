"""`xorsweep function package.module:function r=1,2`."""

from __future__ import annotations

from argparse import Namespace

from xorsweep.cli.commands.parser import Parser, add_swept, sweep_own

EXAMPLES = """\
  python -m xorsweep function package.module:train 'lr=0.1,1' 'seed=range(0,100)'
  python -m xorsweep function package.module:train 'lr=logspace(-2,0,5)' 'grid.where=lr*width < 8'
  python -m xorsweep function package.module:train lr=0.1,1 plan=true
  python -m xorsweep function package.module:train resume=latest 'seed=range(100,200)'

The function gets an argument for each key and returns a number, true or false, a text, or a
dictionary of them. Other arguments have the defaults of its signature. Levels are written as in
any sweep: a,b,c, range(start,stop,step), linspace(from,to,count), logspace. The keys of a sweep
apply here, too: plan, resume, grid.where, grid.zip, grid.blocks, parallel, precision, max_seeds,
on_failure, report, csv, title, hydra.sweep.dir; and of a function's: vectorized=true calls it with
arrays, rate=NAME is the column that precision is about, times.STEPS=SOLVED makes survival
curves."""


def add_arguments(parser: Parser) -> None:
    """Add the arguments for the function and for Hydra."""
    add_swept(parser, "function", "MODULE:FUNCTION", "the function to sweep")


def run(given: Namespace) -> None:
    """Sweep a function; exit code 1 where points failed."""
    sweep_own("function", given)
