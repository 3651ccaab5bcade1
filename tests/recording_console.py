"""A console that keeps its lines."""

from xorsweep.reporting.console import Console


class RecordingConsole(Console):
    """Shows nothing, and has the lines that it was given in `lines`."""

    def __init__(self) -> None:
        super().__init__(Console.silent().console)
        self.lines: list[str] = []

    def log(self, line: str) -> None:
        """Keep a line."""
        self.lines.append(line)
