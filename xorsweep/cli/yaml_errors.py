"""Errors in a user's YAML file, in one line that names the file and the line."""

from __future__ import annotations

import argparse
import codecs
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from xorsweep.networks.schema import COMPONENTS
from xorsweep.text import format_value

HEADER = "# @package _global_"
"""The first line of a study or an experiment: its keys are those of the configuration."""

_HEADER_LINE = re.compile(r"\s*#\s*@")
_SLASH_MISSING = re.compile(r"override\s+(?P<group>\w+)")
_SEARCH_PATH = re.compile(r"hydra\.searchpath=\[(?P<folders>.*)\]")
_CHOICE = re.compile(r"\+{0,2}(?P<group>[\w/]+)(@[^=]*)?=(?P<name>[\w./-]+)")


def first_fault(error: Exception, arguments: Sequence[str]) -> str | None:
    """Return the error of a YAML file that may be the cause of an error while composing.

    arguments: those of the command line, which name folders of such files and choices among them.
    Where Hydra's message names the error, only the chosen files are checked.
    """
    folders = config_folders(arguments)
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--config-name", "-cn", default="")
    found, _ = parser.parse_known_args(arguments)
    primary = [folder / f"{found.config_name}.yaml" for folder in folders]
    files = [*filter(Path.is_file, primary), *chosen_files(arguments)]
    # The YAML parser doesn't say which file it has read: all are looked at.
    if isinstance(error, yaml.YAMLError | ValueError | RecursionError):
        files += [path for folder in folders for path in _files(folder)]
    fault = next(filter(None, map(fault_of, dict.fromkeys(files))), None)
    return fault or (_yaml_fault("", error) if isinstance(error, yaml.YAMLError) else None)


def groups_named(arguments: Sequence[str]) -> set[str]:
    """Return the config groups in the folders that the command line adds to xorsweep's own."""
    return {path.name for folder in config_folders(arguments) for path in folder.iterdir()}


def config_folders(arguments: Sequence[str]) -> list[Path]:
    """Return the folders of YAML files that the command line adds to xorsweep's own."""
    parser = argparse.ArgumentParser(add_help=False)
    # --cfg is here so that it isn't taken for the others, cut short; Hydra reports a missing value.
    for flags in (("--config-dir", "-cd"), ("--config-path", "-cp"), ("--cfg", "-c")):
        parser.add_argument(*flags, nargs="?")
    found, others = parser.parse_known_args(arguments)
    searched = [match["folders"] for match in map(_SEARCH_PATH.fullmatch, others) if match]
    names = [found.config_dir, found.config_path, *",".join(searched).split(",")]
    folders = (Path(name.strip(" '\"").removeprefix("file://")) for name in names if name)
    return [folder for folder in folders if folder.is_dir()]


def chosen_files(arguments: Sequence[str]) -> Iterator[Path]:
    """Yield the files in those folders that are chosen from config groups."""
    folders = config_folders(arguments)
    for choice in filter(None, map(_CHOICE.fullmatch, arguments)):
        name = f"{choice['group']}/{choice['name']}.yaml"
        yield from (folder / name for folder in folders if (folder / name).is_file())


def _files(folder: Path) -> Iterator[Path]:
    for pattern in ("*.yaml", "*/*.yaml", "*/*/*.yaml"):
        yield from sorted(path for path in folder.glob(pattern) if path.is_file())


def fault_of(path: Path) -> str | None:
    """Return the error of one file, or None."""
    try:
        data = path.read_bytes()
        text = data.decode()
        # By OmegaConf, whose YAML has other rules than PyYAML's, such as no key twice.
        content = OmegaConf.to_container(OmegaConf.create(text), resolve=False)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return f"{path}, line {line}: isn't UTF-8 (byte 0x{data[error.start]:02x})"
    except yaml.YAMLError as error:
        return _yaml_fault(f"{path}", error, text)
    except OmegaConfBaseException as error:
        return f"{path}: {str(error).splitlines()[0]}"
    except RecursionError:
        return f"{path}: is nested too deeply"
    except OSError as error:
        return f"{path}: {error.strerror}"
    if text.startswith(codecs.BOM_UTF8.decode()):
        return f"{path}, line 1: begins with a byte order mark; save the file as UTF-8 without one"
    if not isinstance(content, dict):
        return f"{path}: is a list; must be keys and their values"
    defaults = content.get("defaults", [])
    return _header_fault(path, text) or _defaults_fault(path, defaults) or grid_fault(path, content)


def grid_fault(path: Path | str, values: Mapping[Any, Any]) -> str | None:
    """Return the error in the form of the node `grid` of a file, or None."""
    grid = values.get("grid", {})
    if not isinstance(grid, Mapping):
        return f"{path}: grid={format_value(grid)}: must be keys such as axes and where"
    axes = grid.get("axes", {})
    if isinstance(axes, Mapping) or "${" in str(axes):
        return None
    return (
        f"{path}: grid.axes={format_value(axes)}: must be keys and their levels, such as "
        "{lr: 0.1,1}; "
        "without grid.axes the default grid is swept"
    )


def _yaml_fault(path: str, error: yaml.YAMLError, text: str = "") -> str:
    """Return YAML's message, with the number of the line."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark:
        reason = getattr(error, "problem", None) or getattr(error, "context", None)
        return f"{path or mark.name}, line {mark.line + 1}: {reason}"
    position = getattr(error, "position", 0)
    character = getattr(error, "character", 0)
    code = ord(character) if isinstance(character, str) else int(character)
    line = text[:position].count("\n") + 1
    where = path or getattr(error, "name", "")
    return f"{where}, line {line}: the character U+{code:04X} isn't allowed"


def _header_fault(path: Path, text: str) -> str | None:
    """Return the error in the first comments, which Hydra reads."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not _HEADER_LINE.match(line):
            break
        if line.strip() and len(line.strip(" \t#").split()) != 2:
            return f"{path}, line {number}: {line.strip()}: must be only {HEADER}"
    return None


def _defaults_fault(path: Path, defaults: object) -> str | None:
    if not isinstance(defaults, list):
        return f"{path}: defaults={defaults}: must be a list, such as [override /optimizer: adam]"
    for entry in defaults:
        for key in entry if isinstance(entry, dict) else ():
            match = _SLASH_MISSING.fullmatch(str(key))
            if match and match["group"] in COMPONENTS:
                group = match["group"]
                return f"{path}: override {group}: has no slash; write override /{group}"
    return None
