"""The errors that xorsweep raises; each message is one line for whoever can mend it.

    XorsweepError
    ├── ConfigError (ValueError)         a value that isn't allowed
    ├── StoreError (RuntimeError)        a folder that can't be used
    ├── ManifestError (ValueError)       a manifest.json that can't be used
    ├── DamagedPartError (ValueError)    a part that isn't as it was written
    ├── TableMismatchError (ValueError)     a table that isn't as it was written
    ├── IrregularFileError (OSError)          a link, pipe or device where a file or folder belongs
    ├── ExecutionError (RuntimeError)      workers that can't be had, or that died
    ├── SweepAborted (RuntimeError)      a sweep that stops at its first failure
    ├── ComponentError (AssertionError)     a component that a sweep can't use
    └── FunctionError (ValueError)       a function that doesn't return what it should
        └── PointError                   a value that no column can hold

`Interrupted`, which a signal raises, is a KeyboardInterrupt and lies in `execution.signals`.
"""

from __future__ import annotations


class XorsweepError(Exception):
    """The root of all errors that xorsweep raises on purpose."""


class ConfigError(XorsweepError, ValueError):
    """A configured value that means nothing; its message is one line for whoever typed it."""


class StoreError(XorsweepError, RuntimeError):
    """A sweep's folder that can't be used; the message says why and what to do."""


class ManifestError(XorsweepError, ValueError):
    """A manifest that can't be trusted; the message says why."""


class DamagedPartError(XorsweepError, ValueError):
    """What isn't a whole part of this sweep, by its digest, stamp or form; the message says how.

    That a part can't be read at the moment is no damage: it is an OSError or a MemoryError.
    """


class TableMismatchError(XorsweepError, ValueError):
    """A results.parquet that isn't the one that its sweep wrote; the message says how it isn't."""


class IrregularFileError(XorsweepError, OSError):
    """Something inside a sweep that is neither a file nor a folder, or one in place of the other.

    Its `filename` is the path, its `strerror` what is wrong with it.
    """


class ExecutionError(XorsweepError, RuntimeError):
    """Work that can't go on; the message says why. What was yielded before is good."""


class SweepAborted(XorsweepError, RuntimeError):
    """A sweep that was to stop at its first failure; the message says what failed."""


class ComponentError(XorsweepError, AssertionError):
    """A choice that doesn't hold what sweeps promise; the message is one line."""


class FunctionError(XorsweepError, ValueError):
    """A function that doesn't return what it should; the message is one line."""


class PointError(FunctionError):
    """A value of some point that no column can hold as it is; other points may have others."""
