"""What the commands that look at finished sweeps have in common: how they read, begin and end."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from xorsweep.errors import ConfigError, ExecutionError, StoreError
from xorsweep.execution.signals import Interrupted, handle_signals
from xorsweep.fields import Integer, format_value
from xorsweep.grid.grid import Grid
from xorsweep.reporting.standard_output import escape_unprintable
from xorsweep.storage.paths import folder_of, named_folder
from xorsweep.storage.store import Store
from xorsweep.sweeps.adaptive_seeds import open_with_rounds


class Parser(argparse.ArgumentParser):
    """Reads the arguments of `python -m xorsweep.<module>`; what is wrong is said in one line."""

    def __init__(self, module: str, description: str, examples: str) -> None:
        escape_unprintable()
        super().__init__(
            prog=f"python -m xorsweep.{module}",
            description=description,
            epilog=f"examples:\n{examples}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    def error(self, message: str) -> NoReturn:
        """End the program with the line and exit code 2."""
        self.exit(2, f"{self.prog}: {message}; --help says more\n")


def whole(at_least: int, at_most: int = 2**53) -> Callable[[str], int]:
    """Return a reader of whole numbers within inclusive bounds, for an argument's `type`."""
    rule = Integer(at_least, at_most)

    def read(text: str) -> int:
        try:
            return rule.read(int(text))
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text}: must be {rule.allowed}") from None

    return read


def given_folder(text: str | None, argument: str) -> Path | None:
    """Return the folder that an argument names, if it is given; raises ConfigError."""
    return None if text is None else folder_of(text, argument)


@contextmanager
def errors_in_one_line() -> Iterator[None]:
    """End the program with one line and exit code 1 where a folder can't be used.

    A signal ends it with 128 and the signal's number.
    """
    try:
        with handle_signals():
            yield
    except (ConfigError, StoreError, ExecutionError) as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except MemoryError as error:
        sys.exit(f"there isn't enough memory: {error}".removesuffix(": "))
    except Interrupted as interrupt:
        sys.exit(interrupt.exit_code)


def open_trainable(name: str) -> tuple[Store, Grid, dict[str, Any]]:
    """Return the sweep in a folder, or in the newest by the name `latest`, as `Store.open` does.

    Raises StoreError where it can't be used, ConfigError where its engine isn't installed here.
    """
    folder = named_folder(name)
    store, grid, manifest = open_with_rounds(folder)
    store.engine.check()
    return store, grid, manifest


def check_undamaged(store: Store) -> None:
    """Raise StoreError for the first part of a sweep that isn't as it was written."""
    for path, reason in store.damaged():
        raise StoreError(
            f"{path} is damaged: {reason}; python -m xorsweep -m resume={store.folder} sets it "
            "aside and trains its points again"
        )


def point_text(grid: Grid, row: int) -> str:
    """Return what tells a point from the others of its grid, with the row where it lies."""
    point = grid.point(row)
    values = (f"{key} {format_value(point[key])}" for key in grid.swept if key in point)
    return f"row {row} ({', '.join(values)})" if grid.swept else f"row {row}"
