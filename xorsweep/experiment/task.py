"""The task of workers: a batch of an experiment, in which an exception is a failed row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic

from xorsweep.errors import BatchError, FunctionError
from xorsweep.experiment.plan import BatchT
from xorsweep.experiment.statuses import failed_rows
from xorsweep.text import exception_text

if TYPE_CHECKING:
    import pyarrow as pa

    from xorsweep.experiment.base import Experiment


@dataclass(frozen=True)
class ExperimentTask(Generic[BatchT]):
    """Runs batches of an experiment; if one raises, it is split to find the points that fail."""

    experiment: Experiment[BatchT]

    def __call__(self, batch: BatchT) -> pa.Table:
        """Return the rows of a batch; a point that raises alone has failed, with the message.

        This includes any exception, also `sys.exit`, except an interrupt.
        """
        import pyarrow as pa

        try:
            return self.experiment.run(batch)
        except KeyboardInterrupt:
            raise
        except BatchError as error:
            # Without dividing the batch: no point of it can be run here.
            return self.failed(batch, str(error))
        except BaseException as error:  # the message is the row's
            halves = batch.split()
            if not halves:
                own = isinstance(error, FunctionError)
                return self.failed(batch, str(error) if own else exception_text(error))
        return pa.concat_tables(map(self, halves), promote_options="default")

    def failed(self, batch: BatchT, message: str) -> pa.Table:
        """Return the rows of a batch whose points have all failed, for the same reason."""
        return failed_rows(batch.point_ids, message)
