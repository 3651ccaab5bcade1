"""Hydra's launchers as launchers of shards: one job per shard, on any machine."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.types import Quote, QuotedString
from hydra.core.plugins import Plugins
from hydra.types import HydraContext
from omegaconf import DictConfig, flag_override

from xorsweep.errors import ExecutionError
from xorsweep.execution.pool import no_processes
from xorsweep.execution.signals import (
    Process,
    block_signals_in_children,
    exit_if_orphaned,
    exit_with_parent,
    leave_signals_to,
)
from xorsweep.sweeps.shards import SHARDS, Launcher, RunShard
from xorsweep.text import exception_text

_LOG = logging.getLogger(__name__)

BASIC = "basic"


def chosen_launch(context: HydraContext, config: DictConfig) -> Launcher | None:
    """Return the launcher of shards, or None for Hydra's own launcher."""
    if config.hydra.runtime.choices["hydra/launcher"] == BASIC:
        return None
    return HydraLaunch(context, config)


@dataclass(frozen=True)
class HydraLaunch:
    """Has the launcher of a configuration run one job a shard."""

    context: HydraContext
    config: DictConfig

    def __call__(self, folder: Path, shards: int, run: RunShard) -> None:
        """Call `run` with each number in a job; raises ExecutionError if one failed."""
        launcher = Plugins.instance().instantiate_launcher(
            hydra_context=self.context,
            task_function=partial(run_job_of_shard, run, Process()),
            config=_config_of_jobs(self.config, folder),
        )
        from joblib.externals.loky.backend import resource_tracker

        with block_signals_in_children():
            resource_tracker.ensure_running()  # a terminal that closes would end it with the others
        try:
            # A job without overrides: its number says which shard it runs.
            returns = launcher.launch([[] for _ in range(shards)], initial_job_idx=0)
        except OSError as error:
            raise no_processes(error) from error
        except Exception as error:  # each launcher has its own way of saying that a job died
            lines = str(error).strip().splitlines() or [""]
            raise ExecutionError(f"a shard died ({type(error).__name__}: {lines[0]})") from error
        for number, job in enumerate(returns):
            if job.return_value is not None:
                raise ExecutionError(f"shard {number} failed ({job.return_value})")


def run_job_of_shard(run: RunShard, sweep: Process, config: DictConfig) -> str | None:
    """Run the shard whose number this job has; return its error, if any.

    A job that the sweep's process has started on its own machine ends with that, and leaves the
    signals to it; one that a cluster has started goes its own way.
    """
    # A pool's process may take its task from the pipe after the sweep was killed.
    exit_if_orphaned()
    if sweep.is_ancestor:
        leave_signals_to(sweep)
        exit_with_parent(sweep)
    try:
        run(HydraConfig.get().job.num)
    except Exception as error:
        _LOG.exception("the shard failed")
        # As a value: launchers differ in how, and whether, they hand on an exception.
        return exception_text(error)
    return None


def _config_of_jobs(config: DictConfig, folder: Path) -> DictConfig:
    """Return a configuration whose jobs keep to their shard's folder and say nothing.

    Launchers compose each job's configuration anew, from the overrides recorded in this one.
    """
    config = config.copy()
    with flag_override(config.hydra, ["struct", "readonly"], False):
        config.hydra.sweep.dir = str(folder)
        config.hydra.runtime.output_dir = str(folder)
        config.hydra.hydra_logging = config.hydra.job_logging
        config.hydra.overrides.hydra += [
            f"hydra.sweep.dir={QuotedString(str(folder), Quote.single).with_quotes()}",
            f"hydra.sweep.subdir='{SHARDS}/${{hydra.job.num}}'",
            "hydra.output_subdir=null",
            "hydra.job.chdir=false",  # paths are relative to where the sweep was started
        ]
    return config
