"""Sweeps a function that is no network: `xorsweep function package.module:function r=1,2`."""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from xorsweep.cli.commands import Parser, errors_in_one_line, given_folder, whole
from xorsweep.cli.hydra_config import levels_of
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.functions import FunctionSweepResult, resume_function, sweep_function
from xorsweep.functions.folder import load_function
from xorsweep.functions.sweep import BATCH
from xorsweep.reporting.console import Console
from xorsweep.reporting.standard_output import lasting_output
from xorsweep.storage.paths import OUTPUTS, make_free_folder, named_folder, point_latest

FAILED = 1

EXAMPLES = """\
  python -m xorsweep.cli.function package.module:function 'a=range(0,10)' b=0.1,0.2
  python -m xorsweep.cli.function package.module:function b=0.1 'seed=range(0,1000)' --workers 4
  python -m xorsweep.cli.function package.module:function --resume latest

The function gets a dictionary of NumPy arrays, an element a point, and returns one. Levels are
written as in any sweep: a,b,c, range(start,stop,step), linspace(from,to,count), logspace."""


@lasting_output()
def main() -> None:
    """Sweep the function named on the command line; exit code 1 where points failed."""
    parser = Parser("map", "Sweep a function that is no network.", EXAMPLES)
    parser.add_argument("function", metavar="MODULE:FUNCTION", help="what is called")
    parser.add_argument("axes", metavar="KEY=LEVELS", nargs="*", help="what it is called with")
    parser.add_argument("--into", metavar="FOLDER", help="instead of outputs/DATE/TIME")
    parser.add_argument("--resume", metavar="FOLDER", help="go on with the sweep in a folder")
    parser.add_argument(
        "--workers", metavar="N", type=whole(1, 4096), help="processes, by default one a core"
    )
    parser.add_argument(
        "--batch", metavar="N", type=whole(1), default=BATCH, help="points at a time, at most"
    )
    given = parser.parse_args()
    if given.resume is not None and (given.axes or given.into is not None):
        parser.error("--resume takes the axes and the folder of the sweep, so give neither")
    parallel = ExecutionSettings(n_jobs=given.workers or -1)
    with errors_in_one_line():
        if given.resume is not None:
            function = load_function(given.function)
            result = resume_function(named_folder(given.resume), function, parallel, Console())
        else:
            into = given_folder(given.into, "--into")
            result = _swept(given.function, given.axes, into, parallel, given.batch)
    sys.exit(FAILED if result.counts["failed"] else 0)


def _swept(
    name: str, axes: list[str], into: Path | None, parallel: ExecutionSettings, batch: int
) -> FunctionSweepResult:
    levels, function = levels_of(axes), load_function(name)
    command = ["python", "-m", "xorsweep.cli.function", *sys.argv[1:]]
    folder = into or make_free_folder(OUTPUTS / datetime.now().strftime("%Y-%m-%d/%H-%M-%S"))
    try:
        return sweep_function(function, levels, folder, parallel, batch, Console(), command)
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


if __name__ == "__main__":
    main()
