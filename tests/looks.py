"""Sweeps that are looked at while they run, and that end at a look."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import count
from pathlib import Path

from xorsweep.execution.interface import Advance
from xorsweep.reporting.console import Console
from xorsweep.sweeps.requests import SweepRequest
from xorsweep.sweeps.runner import run_sweep


class LookingConsole(Console):
    """Shows nothing, and calls a function whenever points have come to the disk."""

    def __init__(self, look: Callable[[], None]) -> None:
        super().__init__(Console.silent().console)
        self._look = look

    @contextmanager
    def progress(self, work: int, unit: str = "") -> Iterator[Advance]:
        """Look at each batch."""
        yield lambda done: self._look()


def with_part_per_batch(request: SweepRequest) -> SweepRequest:
    """Return a request whose batches are each on disk at once, by themselves."""
    return replace(request, settings=replace(request.settings, write_every=0.0))


def interrupt_after(batches: int, request: SweepRequest) -> Path:
    """Run a sweep up to Ctrl-C after some batches; return its folder."""
    looks = count(1)

    def look() -> None:
        if next(looks) >= batches:
            raise KeyboardInterrupt

    with suppress(KeyboardInterrupt):
        run_sweep(with_part_per_batch(request), LookingConsole(look))
    return request.folder


def files_of(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Return the bytes and the time of each file in a folder, `partial` left out."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    names = {path.relative_to(folder): path for path in paths}
    return {
        str(name): (path.read_bytes(), path.stat().st_mtime_ns)
        for name, path in names.items()
        if name.parts[0] != "partial"
    }
