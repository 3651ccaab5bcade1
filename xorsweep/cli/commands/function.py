"""`xorsweep function package.module:function r=1,2`."""

from __future__ import annotations

import sys
from argparse import ArgumentError, Namespace
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from xorsweep.cli.commands.parser import Parser, given_folder, whole
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.storage.paths import OUTPUTS, make_free_folder, named_folder, point_latest

if TYPE_CHECKING:
    from xorsweep.functions import FunctionSweepResult

FAILED = 1

EXAMPLES = """\
  python -m xorsweep function package.module:function 'a=range(0,10)' b=0.1,0.2
  python -m xorsweep function package.module:function b=0.1 'seed=range(0,1000)' --workers 4
  python -m xorsweep function package.module:function --resume latest

The function gets a dictionary of NumPy arrays, an element a point, and returns one. Levels are
written as in any sweep: a,b,c, range(start,stop,step), linspace(from,to,count), logspace."""


def add_arguments(parser: Parser) -> None:
    """Add the function, its axes, the folder, and how batches are computed."""
    parser.add_argument("function", metavar="MODULE:FUNCTION", help="what is called")
    parser.add_argument("axes", metavar="KEY=LEVELS", nargs="*", help="what it is called with")
    parser.add_argument("--into", metavar="FOLDER", help="instead of outputs/DATE/TIME")
    parser.add_argument("--resume", metavar="FOLDER", help="resume the sweep in a folder")
    parser.add_argument(
        "--workers", metavar="N", type=whole(1, 4096), help="processes, by default one a core"
    )
    parser.add_argument("--batch", metavar="N", type=whole(1), help="points at a time, at most")


def run(given: Namespace) -> None:
    """Sweep a function; exit code 1 where points failed."""
    parallel = ExecutionSettings(n_jobs=given.workers or -1)
    result = _start(given, parallel) if given.resume is None else _resume(given, parallel)
    sys.exit(FAILED if result.counts["failed"] else 0)


def _resume(given: Namespace, parallel: ExecutionSettings) -> FunctionSweepResult:
    from xorsweep.functions import resume_function
    from xorsweep.functions.folder import load_function
    from xorsweep.reporting.console import Console

    if given.axes or given.into is not None:
        message = "--resume takes the axes and the folder of the sweep, so give neither"
        raise ArgumentError(None, message)
    function = load_function(given.function)
    return resume_function(named_folder(given.resume), function, parallel, Console())


def _start(given: Namespace, parallel: ExecutionSettings) -> FunctionSweepResult:
    from xorsweep.cli.hydra_config import levels_of
    from xorsweep.functions import sweep_function
    from xorsweep.functions.folder import load_function
    from xorsweep.functions.sweep import BATCH
    from xorsweep.reporting.console import Console

    into = given_folder(given.into, "--into")
    levels, function = levels_of(given.axes), load_function(given.function)
    folder = into or make_free_folder(OUTPUTS / datetime.now().strftime("%Y-%m-%d/%H-%M-%S"))
    batch = given.batch or BATCH
    try:
        return sweep_function(
            function, levels, folder, parallel, batch, Console(), given.command_line
        )
    finally:
        if into is None:
            _keep_or_remove(folder)


def _keep_or_remove(folder: Path) -> None:
    """Let `latest` point to a folder, or remove it, and that of its day, where it is empty."""
    if any(folder.iterdir()):
        point_latest(folder)
        return
    with suppress(OSError):
        for empty in (folder, *folder.parents[:2]):
            empty.rmdir()
