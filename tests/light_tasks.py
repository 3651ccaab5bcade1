"""A task that takes no time, in a module that processes import at once."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 60.0


@dataclass(frozen=True)
class Light:
    """A batch that becomes its own number once a file is there, where it waits for one."""

    number: int
    awaited: Path | None = None
    is_deadly: bool = False


class LightTask:
    """The task for each batch."""

    def __call__(self, batch: Light) -> int:
        """Return its number, or kill this process."""
        if batch.is_deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        end = time.monotonic() + PATIENCE
        while batch.awaited and not batch.awaited.exists() and time.monotonic() < end:
            time.sleep(0.01)
        return batch.number

    def failed(self, batch: Light, message: str) -> str:
        """Return the reason."""
        return f"{batch.number}: {message}"
