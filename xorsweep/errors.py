"""The errors that xorsweep raises; each message is one line.

::

    XorsweepError
    ├── ConfigError (ValueError)         a value that isn't allowed
    ├── StoreError (RuntimeError)        a folder that can't be used
    ├── ManifestError (ValueError)       a manifest.json that can't be used
    ├── DamagedPartError (ValueError)    a part that has changed since it was written
    ├── TableMismatchError (ValueError)  a table that has changed since it was written
    ├── IrregularFileError (OSError)     a link, pipe or device instead of a file or folder
    ├── ExecutionError (RuntimeError)    workers that can't be started, or that died
    ├── SweepAborted (RuntimeError)      a sweep that stops at its first failure
    ├── BatchError (RuntimeError)        a batch none of whose points can be run
    ├── ComponentError (AssertionError)  a component whose rows depend on the batch
    └── FunctionError (ValueError)       a function whose return value isn't allowed
        └── PointError                   a value that no column can hold

`Interrupted`, which a signal raises, is a KeyboardInterrupt in `execution.signals`.
"""

from __future__ import annotations


class XorsweepError(Exception):
    """The base class of all errors that xorsweep raises on purpose."""


class ConfigError(XorsweepError, ValueError):
    """A value that isn't allowed, alone or with others; the message names key and value."""


class StoreError(XorsweepError, RuntimeError):
    """A sweep's folder that can't be used; the message gives the reason and a remedy."""


class ManifestError(XorsweepError, ValueError):
    """A manifest of another version, or one that was changed; the message gives the reason."""


class DamagedPartError(XorsweepError, ValueError):
    """A file that isn't a complete part of this sweep; the message gives the reason.

    A part that can't be read at the moment isn't damaged: it raises OSError or MemoryError.
    """


class TableMismatchError(XorsweepError, ValueError):
    """A results.parquet that isn't the one its sweep wrote; the message gives the reason."""


class IrregularFileError(XorsweepError, OSError):
    """A link, pipe or device inside a sweep, or a file in place of a folder.

    Its `filename` is the path, its `strerror` the reason.
    """


class ExecutionError(XorsweepError, RuntimeError):
    """Workers can't be started, or died; results that were yielded before are valid."""


class SweepAborted(XorsweepError, RuntimeError):
    """A sweep with on_failure=stop had a failure; the message names it."""


class BatchError(XorsweepError, RuntimeError):
    """No point of a batch can be run in this process; each fails with the message."""


class ComponentError(XorsweepError, AssertionError):
    """A component whose rows depend on the batch, the workers or a resume."""


class FunctionError(XorsweepError, ValueError):
    """A function that doesn't return arrays of one value per point."""


class PointError(FunctionError):
    """A value of one point that no column can hold; the other points are unaffected."""
