"""Jupyter: whether this is a notebook, how figures are shown there, and a line that changes."""

from __future__ import annotations

import sys
from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PNG = "image/png"


def kernel_shell() -> Any | None:
    """Return IPython's shell where this process is the kernel of a notebook."""
    if "IPython" not in sys.modules:
        return None
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return shell if hasattr(shell, "kernel") else None


def shown(figure: Figure) -> Figure:
    """Return the figure, which a notebook shows as a picture where it is a cell's last value.

    Matplotlib sees to that too, but only once pyplot was used.
    """
    shell = kernel_shell()
    if shell is not None:
        printers = shell.display_formatter.formatters[PNG]
        if type(figure) not in printers.type_printers:
            printers.for_type(type(figure), _png)
    return figure


def _png(figure: Figure) -> bytes:
    buffer = BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


class ChangingLine:
    """A line beneath a notebook's cell; the next one takes its place."""

    def __init__(self) -> None:
        self._handle: Any = None

    def say(self, line: str) -> None:
        """Show the line in place of the last one."""
        from IPython.display import display

        data = {"text/plain": line}
        if self._handle is None:
            self._handle = display(data, raw=True, display_id=True)
        else:
            self._handle.update(data, raw=True)
