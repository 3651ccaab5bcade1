"""`xorsweep function package.module:function r=1,2`."""

from __future__ import annotations

from argparse import Namespace

from xorsweep.cli.commands.parser import Parser, add_swept, sweep_own

EXAMPLES = """\
  python -m xorsweep function module:train lr=0.1,1 'seed=range(0,100)'
  python -m xorsweep function module:train 'lr=logspace(-2,0,5)' plan=true
  python -m xorsweep function module:train lr=0.1,1 n=2,9 'grid.where=lr*n < 8'
  python -m xorsweep function module:train resume=latest 'seed=range(100,200)'

The function gets an argument for each key and returns a number, a boolean, a
text, or a dictionary of them. Other arguments have the defaults of its
signature. Levels have the syntax of any sweep: a,b,c, range(start,stop,step),
linspace(from,to,count), logspace. The options are those of any sweep: plan,
resume, grid.where, grid.zip, grid.blocks, parallel, precision, max_seeds,
on_failure, report, csv, title, hydra.sweep.dir. Three more are for functions:
vectorized=true calls the function with arrays, rate=NAME selects the column
for precision, and times.STEPS=SOLVED adds a survival curve."""


def add_arguments(parser: Parser) -> None:
    """Add the arguments for the function and for Hydra."""
    add_swept(parser, "function", "MODULE:FUNCTION", "function to sweep")


def run(given: Namespace) -> None:
    """Sweep a function; exit code 1 where points failed."""
    sweep_own("function", given)
