"""The commands of xorsweep, run in this process, or in one of their own."""

import io
import logging
import os
import subprocess
import sys
import traceback
import warnings
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from importlib import invalidate_caches
from pathlib import Path
from unittest.mock import patch

from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.plugins import Plugins
from hydra.core.singleton import Singleton
from hydra.core.utils import JobRuntime
from hydra.version import VersionBase, setbase
from omegaconf.basecontainer import BaseContainer

from xorsweep.cli.hydra_config import VERSION_BASE
from xorsweep.cli.main import main
from xorsweep.experiment.lookup import GIVEN

WIDTH = {"COLUMNS": "120"}


@dataclass(frozen=True)
class Ended:
    """The exit code and the output of a command."""

    returncode: int
    stdout: str
    stderr: str


def run(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Ended:
    """Run `python -m xorsweep` in this process, as if it were started in a folder."""
    return _ended(folder, arguments, env or {})


def run_command(
    name: str, folder: Path, *arguments: str, env: Mapping[str, str] | None = None
) -> Ended:
    """Run a subcommand in this process, as if it were started in a folder."""
    return _ended(folder, (name, *arguments), env or {})


def start(
    folder: Path, *arguments: str, command: str | None = None, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own, with warnings as errors."""
    words = [command, *arguments] if command else arguments
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "xorsweep", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | WIDTH | (env or {}),
        timeout=400,
    )


def _ended(folder: Path, arguments: tuple[str, ...], env: Mapping[str, str]) -> Ended:
    out, err = _stream("strict"), _stream("backslashreplace")
    with (
        chdir(folder),
        patch.object(sys, "argv", ["xorsweep", *arguments]),
        patch.object(sys, "path", [str(folder), *sys.path]),
        patch.object(sys, "stdout", out),
        patch.object(sys, "stderr", err),
        patch.dict(os.environ, {**WIDTH, **env}),
        patch.dict(GIVEN, clear=True),  # a new process has swept no class yet
        warnings.catch_warnings(),
        _logging_kept(),
        _hydra_kept(),
        _modules_of_folder_forgotten(folder),
    ):
        code = _exit_code()
    return Ended(code, *(each.buffer.getvalue().decode() for each in (out, err)))


def _stream(errors: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), "utf-8", errors, write_through=True)


def _exit_code() -> int:
    """Call it and end as Python ends a program."""
    try:
        main()
    except SystemExit as ending:
        if ending.code is None or isinstance(ending.code, int):
            return ending.code or 0
        print(ending.code, file=sys.stderr)
        return 1
    except Exception:
        traceback.print_exc()
        return 1
    return 0


@contextmanager
def _logging_kept() -> Iterator[None]:
    root, raises = logging.getLogger(), logging.raiseExceptions
    handlers, level = list(root.handlers), root.level
    try:
        yield
    finally:
        for handler in set(root.handlers) - set(handlers):
            handler.close()
        root.handlers[:], root.level, logging.raiseExceptions = handlers, level, raises


@contextmanager
def _hydra_kept() -> Iterator[None]:
    instances, resolvers = Singleton._instances, dict(BaseContainer._resolvers)
    Plugins.instance()  # which takes long to find, and stays
    state = (GlobalHydra, HydraConfig, JobRuntime)
    Singleton._instances = {each: instances[each] for each in instances if each not in state}
    base = VersionBase.instance().version_base
    if VERSION_BASE:  # which `hydra.main` has said when it decorated a function
        setbase(VERSION_BASE["version_base"])
    try:
        yield
    finally:
        Singleton._instances, BaseContainer._resolvers = instances, resolvers
        VersionBase.instance().version_base = base


@contextmanager
def _modules_of_folder_forgotten(folder: Path) -> Iterator[None]:
    """Import modules that lie in a folder for this command alone."""
    invalidate_caches()
    before = set(sys.modules)
    try:
        yield
    finally:
        for name in sys.modules.keys() - before:
            file = getattr(sys.modules[name], "__file__", None) or ""
            if file.startswith(f"{folder}{os.sep}"):
                del sys.modules[name]
