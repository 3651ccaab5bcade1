"""The command line: `python -m xorsweep`, or the installed script `xorsweep`."""

from __future__ import annotations

import sys
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import ConfigCompositionException
from omegaconf import DictConfig

from xorsweep.config import read_point, read_sweep, refuse_unknown_keys
from xorsweep.folders import point_latest
from xorsweep.hydra_config import RUN_KEYS, config_folder, plain, refuse_unknown_overrides
from xorsweep.rules import ConfigError

INTERRUPTED = 130


def main() -> None:
    """Run one network, or with -m a sweep; a bad value ends it with one line and exit code 1."""
    arguments = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    try:
        refuse_unknown_overrides(arguments)
        _run()
    except ConfigError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


@hydra.main(version_base="1.3", config_path=config_folder(), config_name="config")
def _run(config: DictConfig) -> float:
    """Train one network and return half the sum of squared errors that it ends with."""
    folder = Path(HydraConfig.get().runtime.output_dir)
    try:
        values = plain(config)
        refuse_unknown_keys(values, RUN_KEYS)
        read_sweep(values)
        point = read_point(values)
    except ConfigError as error:
        _remove_if_empty(folder)
        raise ConfigCompositionException(str(error)) from None
    from xorsweep.single import run_single

    final_error = run_single(point, values["engine"], folder)
    point_latest(folder)
    return final_error


def _remove_if_empty(folder: Path) -> None:
    """Remove a run's folder that holds nothing but what Hydra puts there before the run."""
    entries = list(folder.iterdir())
    if any(entry.name != ".hydra" and entry.suffix != ".log" for entry in entries):
        return
    for entry in entries:
        for file in [*entry.iterdir()] if entry.is_dir() else [entry]:
            file.unlink()
        if entry.is_dir():
            entry.rmdir()
    folder.rmdir()
