"""`xorsweep function package.module:function r=1,2`."""

from __future__ import annotations

import sys
from argparse import ArgumentError, Namespace
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from xorsweep.cli.commands.parser import Parser, given_folder, whole
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.storage.paths import OUTPUTS, make_free_folder, named_folder, point_latest

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
    from xorsweep.functions import resume_function
    from xorsweep.functions.folder import load_function
    from xorsweep.reporting.console import Console

    parallel = ExecutionSettings(n_jobs=given.workers or -1)
    if given.resume is None:
        counts = _start(given, parallel)
    elif given.axes or given.into is not None:
        message = "--resume takes the axes and the folder of the sweep, so give neither"
        raise ArgumentError(None, message)
    else:
        function, folder = load_function(given.function), named_folder(given.resume)
        counts = resume_function(folder, function, parallel, Console()).counts
    sys.exit(1 if counts["failed"] else 0)


def _start(given: Namespace, parallel: ExecutionSettings) -> Mapping[str, int]:
    from xorsweep.cli.hydra_config import levels_of
    from xorsweep.functions import sweep_function
    from xorsweep.functions.folder import load_function
    from xorsweep.functions.sweep import BATCH
    from xorsweep.reporting.console import Console

    into = given_folder(given.into, "--into")
    levels, function = levels_of(given.axes), load_function(given.function)
    folder = into or make_free_folder(OUTPUTS / datetime.now().strftime("%Y-%m-%d/%H-%M-%S"))
    how = parallel, given.batch or BATCH, Console(), given.command_line
    try:
        return sweep_function(function, levels, folder, *how).counts
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
