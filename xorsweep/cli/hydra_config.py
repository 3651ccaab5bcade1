"""From Hydra's configuration to plain dictionaries; with the command line, all that knows Hydra."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

import hydra
from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import (
    ChoiceSweep,
    Glob,
    Override,
    QuotedString,
    RangeSweep,
    ValueType,
)
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from xorsweep.cli.defaults import choices_of
from xorsweep.cli.hydra_errors import explain_hydra_error
from xorsweep.cli.keys import RUN_KEYS, SETTING_KEYS, SETTINGS, WORDS
from xorsweep.command_lines import quote
from xorsweep.errors import ConfigError
from xorsweep.fields import allows, fields_of, is_number, is_whole
from xorsweep.fields.sections import unknown_key_message
from xorsweep.grid.axes import ZIP
from xorsweep.grid.spacing import is_spacing, read_spacing
from xorsweep.grid.where import KEY as WHERE
from xorsweep.grid.where import check_length
from xorsweep.hints import comma_hint
from xorsweep.networks.schema import COMPONENTS, NETWORK_SCHEMA
from xorsweep.settings import AdaptiveSeeds

VERSION_BASE = {"version_base": "1.3"} if hydra.__version__.startswith("1.3.") else {}
"""An argument that Hydra 1.3 requires at the start, and later versions warn about."""

AXES, BLOCKS = "grid.axes", "grid.blocks"
GRID_KEYS = (ZIP, BLOCKS, WHERE)
"""The keys below `grid` that the command line may give; axes are given by their own names."""

_QUOTED = re.compile(r'"([^"\\]|\\.)*"|\'([^\'\\]|\\.)*\'')
_WHOLE = re.compile(r"[-+]?(0|[1-9]\d*)")
_OVERRIDE = re.compile(r"^(?P<prefix>\+\+|\+|~)?(?P<key>[^=@]+)(@[^=]*)?(=|$)")


def plain(config: DictConfig) -> dict[str, Any]:
    """Return a configuration, resolved and without Hydra's part; raises ConfigError."""
    try:
        found = _container(config, resolve=True)
    except OmegaConfBaseException as error:
        raise ConfigError(explain_hydra_error(error)) from None
    return {str(key): value for key, value in found.items()}


def interpolated_texts(config: DictConfig) -> list[str]:
    """Return the values, anywhere outside Hydra's part, that refer to other keys."""
    return [text for text in _texts(_container(config, resolve=False)) if "${" in text]


def without_hydra(config: DictConfig) -> DictConfig:
    """Return a copy of a configuration without Hydra's part, if it has one."""
    return OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"])


def _container(config: DictConfig, resolve: bool) -> dict[Any, Any]:
    # Hydra's part has interpolations that nothing here can resolve.
    own = without_hydra(config) if "hydra" in config else config
    found = OmegaConf.to_container(own, resolve=resolve)
    assert isinstance(found, dict)
    return found


def _texts(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for value in node.values():
            yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)


def known_keys() -> list[str]:
    """Return every key that some choice of groups reads, of xorsweep's own choices."""
    of_groups = [
        f"{group}.{name}" for group, choice in SETTINGS.items() for name in fields_of(choice)
    ]
    of_run = [*SETTING_KEYS, *SETTINGS, *of_groups, *RUN_KEYS, *GRID_KEYS]
    return [*NETWORK_SCHEMA.all_keys(), *of_run]


def quote_for_hydra(argument: str) -> str:
    """Return an override that Hydra's grammar can read: syntax that is only ours becomes a text.

    That is levels by number, the expression of `grid.where`, and a path below the home folder.
    """
    key, _, value = argument.partition("=")
    ours = is_spacing(value) or key.lstrip("+") == WHERE or value.startswith("~")
    if not ours or not value or value == "null" or _QUOTED.fullmatch(value):
        return argument
    return f"{key}={quote(value)}"


def levels_of(arguments: Sequence[str]) -> dict[str, list[Any]]:
    """Return the levels of each key, written as those of any sweep; raises ConfigError."""
    levels: dict[str, list[Any]] = {}
    for argument in arguments:
        key, _, text = argument.partition("=")
        if key in levels:
            raise ConfigError(f"{key}: given twice; give it once")
        spaced = is_spacing(text)
        levels[key] = (
            read_spacing(key, text).levels(whole=False) if spaced else _listed(key, argument)
        )
    return levels


def parse_overrides(arguments: Sequence[str], loader: ConfigLoader | None = None) -> list[Override]:
    """Return overrides as Hydra reads them; raises ConfigError for invalid ones."""
    try:
        overrides = OverridesParser.create(config_loader=loader).parse_overrides([*arguments])
    except HydraException as error:
        raise ConfigError(explain_hydra_error(error)) from None
    for override in overrides:
        found = override.value()
        if isinstance(found, RangeSweep) and not _ends(found):
            raise ConfigError(
                f"{override.input_line}: range(start,stop,step) needs finite numbers, and a step "
                "that isn't 0"
            )
    return overrides


def _ends(found: RangeSweep) -> bool:
    """Tell whether a range has a countable number of levels."""
    assert found.start is not None
    assert found.stop is not None
    try:
        return isfinite((found.stop - found.start) / found.step)
    except (ZeroDivisionError, OverflowError):
        return False


def _listed(key: str, argument: str) -> list[Any]:
    """Return the levels that an override lists in Hydra's grammar; raises ConfigError."""
    (override,) = parse_overrides([argument])
    if override.value_type in (ValueType.INTERVAL_SWEEP, ValueType.GLOB_CHOICE_SWEEP):
        raise ConfigError(
            f"{argument}: has no levels; write {key}=a,b,c or {key}=range(start,stop,step)"
        )
    if isinstance(override.value(), list):
        raise ConfigError(
            f"{argument}: a list is one value and no axis; write {key}="
            + argument.partition("=")[2].strip("[]")
        )
    swept = override.is_sweep_override()
    values = [*override.sweep_iterator()] if swept else [override.value()]
    return [unquoted(each) for each in values]


def unquoted(value: Any) -> Any:
    """Return a value of Hydra's parser, a text in quotes without them."""
    return value.text if isinstance(value, QuotedString) else value


def check_overrides(arguments: Iterable[str], groups: Callable[[], Collection[str]]) -> None:
    """Raise ConfigError for an override of a key that nothing reads, or of a key given before.

    `groups` returns the config groups of the user, should one be chosen from.
    """
    known = known_keys()
    earlier: dict[str, str] = {}
    for argument in arguments:
        if argument.startswith("="):
            raise ConfigError(f"{argument}: has no key; write key{argument}")
        match = _OVERRIDE.match(argument)
        if not match or ("=" not in argument and match["prefix"] != "~"):
            continue
        key = match["key"]
        _refuse_whole_grid(key)
        # A file is chosen so, too; a missing one is reported once Hydra has composed.
        may_be_file = match["prefix"] == "+" and "." not in key
        is_hydras = key == "hydra" or key.startswith(("hydra.", "hydra/"))
        # In this order: the last imports the packages of others.
        is_known = may_be_file or is_hydras or key in known or _is_known_to_others(key)
        if not is_known and key not in groups():
            raise ConfigError(unknown_key_message(key, known, words=WORDS))
        if key in earlier:
            raise ConfigError(f"{key}: given twice, as {earlier[key]} and {argument}; give it once")
        earlier[key] = argument
        if match["prefix"] != "~":
            value = argument.partition("=")[2]
            _refuse_list(key, value)
            _refuse_no_name(key, value, argument)
            _refuse_commas(key, value)
            if key == WHERE:
                check_length(value)


def _is_known_to_others(key: str) -> bool:
    """Tell whether some choice that isn't xorsweep's own may read a key.

    One that is broken may: its error is reported where it is chosen.
    """
    group, _, name = key.partition(".")
    for other in COMPONENTS[group].others if group in COMPONENTS else ():
        try:
            if name in fields_of(COMPONENTS[group][other]):
                return True
        except ConfigError:
            return True
    return False


def _refuse_whole_grid(key: str) -> None:
    if key == "grid":
        raise ConfigError(f"grid: can't be set as a whole; set {', '.join(GRID_KEYS)}")
    if key == AXES or key.startswith(f"{AXES}."):
        axis = key.removeprefix(AXES).removeprefix(".") or "lr"
        raise ConfigError(f"{key}: the command line gives axes by their own names: {axis}=...")


def _refuse_no_name(key: str, value: str, argument: str) -> None:
    """Raise ConfigError for the choice of a config group that Hydra reads as no name."""
    is_hydras = key == "hydra" or key.startswith("hydra/")
    if not is_hydras and key != "study" and key not in COMPONENTS and key not in SETTINGS:
        return
    try:
        found = OverridesParser.create().parse_override(argument).value()
    except HydraException:  # it is reported when the line is composed
        return
    found = found.list if isinstance(found, ChoiceSweep) else found
    choices = found if isinstance(found, list) else [found]
    names = [unquoted(each) for each in choices]
    if not names or not all(isinstance(each, str | Glob) for each in names) or "???" in names:
        known = ", ".join(choices_of(key))
        must = f"must be one of {known}" if known else "must be the name of a choice"
        raise ConfigError(f"{key}={value}: {key} {must}")


def _refuse_list(key: str, value: str) -> None:
    """Raise ConfigError for a list of levels, which Hydra takes for one value."""
    is_group = key in COMPONENTS or key in SETTINGS
    if value.startswith("[") and (is_group or NETWORK_SCHEMA.fields_for(key)):
        levels = value.strip("[]")
        raise ConfigError(
            f"{key}={value}: a list is one value and no axis; with -m, write {key}={levels}"
        )


def _refuse_commas(key: str, value: str) -> None:
    """Raise ConfigError for commas within one number, where the levels between aren't allowed."""
    rules = NETWORK_SCHEMA.fields_for(key) or [
        rule for name, rule in fields_of(AdaptiveSeeds).items() if name == key
    ]
    numbers = [rule for rule in rules if is_number(rule)]
    hint = numbers and comma_hint(key, value, whole=is_whole(numbers[0]))
    # In Hydra's grammar 05 is a text.
    levels = [int(text) if _WHOLE.fullmatch(text) else text for text in value.split(",")]
    if hint and any(not any(allows(rule, level) for rule in rules) for level in levels):
        raise ConfigError(f"{key}={value}: {key} must be {rules[0].description}{hint}")
