"""Sweeps that are started as a person starts them, and ended in worse ways."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE = 400.0
"""Seconds after which something that should have happened never will."""
LINGER = 10.0
"""Seconds within which the workers of a parent that was killed must be gone."""

SWEEP = [
    "lr=0.5",
    "hidden=2,3,4,5,6,7",
    "activation=logistic,tanh",
    "output=logistic,linear",
    "epochs=300",
    "seed=range(0,300)",
    "report=false",
]
"""A sweep of 24 batches and 7,200 points, just large enough for processes of its own."""


@dataclass
class Running:
    """A sweep in a process group of its own; whatever it starts carries its mark."""

    folder: Path
    arguments: list[str]
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)

    def __post_init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "xorsweep", "-m", *self.arguments],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env=os.environ | {"XORSWEEP_TEST_MARK": self.mark, "COLUMNS": "120"},
        )

    def family(self) -> list[int]:
        """Return every process that is alive and has the mark."""
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                is_zombie = (path / "stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
                if self.mark.encode() in (path / "environ").read_bytes() and not is_zombie:
                    found.append(int(path.name))
        return found

    def workers(self) -> list[int]:
        """Return the processes that train for the parent."""
        found = []
        for number in self.family():
            with suppress(OSError):
                command = Path(f"/proc/{number}/cmdline").read_bytes()
                if b"loky" in command and b"resource_tracker" not in command:
                    found.append(number)
        return found

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        """Wait for something that must happen while the sweep runs."""
        end = time.monotonic() + PATIENCE
        while not is_so():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < end, "this took too long"
            time.sleep(0.005)

    def end(self) -> tuple[int, str, str]:
        """Wait for the end; return the exit code and the output."""
        out, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out, err

    def assert_no_orphans(self) -> None:
        end = time.monotonic() + LINGER
        while self.family():
            assert time.monotonic() < end, f"still there: {self.family()}"
            time.sleep(0.05)


Begin = Callable[..., Running]


def parts_in(folder: Path) -> int:
    """Return how many whole parts a sweep's folder holds."""
    return len(list((folder / "parts").glob("*.parquet")))
