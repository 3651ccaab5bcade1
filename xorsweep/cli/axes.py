"""Hydra's overrides as axes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.types import (
    ChoiceSweep,
    Glob,
    Override,
    OverrideType,
    RangeSweep,
    Transformer,
)

from xorsweep.cli.grid_spec import ParsedAxis
from xorsweep.cli.hydra_config import (
    check_overrides,
    known_keys,
    parse_overrides,
    quote_for_hydra,
    unquoted,
)
from xorsweep.cli.keys import canonical_level, is_point_key
from xorsweep.command_lines import quote
from xorsweep.errors import ConfigError
from xorsweep.fields import fields_of, is_number, is_whole
from xorsweep.grid.axes import Axis
from xorsweep.grid.spacing import Spacing, is_spacing, read_spacing
from xorsweep.networks.schema import COMPONENTS, NETWORK_SCHEMA

Overrides = Mapping[str, Override]
"""Overrides by key, without the prefix."""


def parsed(loader: ConfigLoader, lines: Sequence[str]) -> dict[str, Override]:
    """Return overrides by key, without the prefix; raises ConfigError for invalid ones."""
    check_overrides(lines, lambda: loader.list_groups(""))
    overrides = parse_overrides([quote_for_hydra(line) for line in lines], loader)
    return {override.key_or_group: override for override in overrides}


def level_count(override: Override) -> int:
    """Return how many levels an override has, without making them."""
    found, spacing = override.value(), spacing_of(override)
    if spacing:
        return spacing.count
    if isinstance(found, ChoiceSweep):
        return len(found.list)
    if isinstance(found, Glob):
        return sum(1 for _ in override.sweep_iterator())
    if not isinstance(found, RangeSweep):
        return 1
    assert found.start is not None
    assert found.stop is not None
    # Counted before the levels are made, as there may be too many for memory.
    return max(0, ceil((found.stop - found.start) / found.step))


def spacing_of(override: Override) -> Spacing | None:
    """Return the levels by number that an override asks for, None where it asks for others."""
    value = unquoted(override.value())
    if isinstance(value, str) and is_spacing(value):
        return read_spacing(override.key_or_group, value)
    return None


def swept(override: Override) -> ParsedAxis:
    """Return an override as an axis; raises ConfigError where it has no levels."""
    key, element = override.key_or_group, override.get_key_element()
    spacing = spacing_of(override)
    if not override.is_sweep_override() and not spacing:
        text = override.input_line or ""
        level = unquoted(_canonical(key, override.value()))
        return ParsedAxis(Axis(key, (level,)), (text,), False)
    if (override.is_add() or key not in known_keys()) and not is_point_key(key):
        raise ConfigError(
            f"{override.input_line}: {key} isn't a key of a point, so it can't be swept; "
            "choose one file by its name"
        )
    if not is_point_key(key):
        raise ConfigError(f"{key}: defines how a sweep runs, not its points, so it can't be swept")
    whole = all(map(is_whole, NETWORK_SCHEMA.fields_for(key)))
    found = spacing.levels(whole) if spacing else _values(override)
    values = [_canonical(key, value) for value in found]
    # As Hydra's own sweeper writes a job's override, so that it composes the same.
    texts = tuple(f"{element}={Transformer.encode(value)}" for value in values)
    levels = tuple(unquoted(value) for value in values)
    return ParsedAxis(Axis(key, levels, _is_structural(override, texts)), texts, True)


def _values(override: Override) -> Iterator[Any]:
    """Return the levels; once, for shuffle() differs the next time."""
    if not override.is_discrete_sweep():
        key = override.key_or_group
        raise ConfigError(
            f"{override.input_line}: an interval has no levels; use {key}=a,b,c, "
            f"{key}=range(start,stop,step) or {key}=linspace(from,to,count)"
        )
    if not level_count(override):
        raise ConfigError(f"{override.input_line}: this axis has no levels")
    _refuse_one_step(override)
    return override.sweep_iterator()


def _refuse_one_step(override: Override) -> None:
    """Raise ConfigError for a range of real numbers that ends before its second step of 1."""
    key, found = override.key_or_group, override.value()
    if not isinstance(found, RangeSweep) or found.step != 1 or level_count(override) != 1:
        return
    if any(is_number(rule) and not is_whole(rule) for rule in NETWORK_SCHEMA.fields_for(key)):
        raise ConfigError(
            f"{override.input_line}: counts in steps of 1, so {found.start} is its one level; "
            f"write {key}=linspace({found.start},{found.stop},10), or give range a step"
        )


def _canonical(key: str, value: Any) -> Any:
    """Return a level as Hydra has it, or the name of the component that it is another word for."""
    level = unquoted(value)
    canonical = canonical_level(key, level)
    # Unchanged where it can be: the quotes of a QuotedString decide how Hydra reads it.
    return value if canonical == level else canonical


def _is_structural(override: Override, texts: Sequence[str]) -> bool:
    """Tell whether the levels have to be composed: anything but values of a known key."""
    return (
        override.type is not OverrideType.CHANGE
        or override.key_or_group in COMPONENTS
        # An interpolation, a list and a dictionary mean something only where they are composed.
        or any(mark in text for text in texts for mark in ("${", "[", "{"))
    )


def check_keys(block: Overrides) -> None:
    """Raise ConfigError for a key that only some of the swept choices of its group have."""
    for key, override in block.items():
        group, _, name = key.partition(".")
        if not name or group not in block or group not in COMPONENTS or override.is_delete():
            continue
        choices = [str(level) for level in swept(block[group]).axis.levels]
        has = {choice: name in fields_of(COMPONENTS[group][choice]) for choice in choices}
        lacking = [choice for choice in choices if not has[choice]]
        if any(has.values()) and lacking:
            levels = str(override.input_line).partition("=")[2]
            blocks = ", ".join(
                f"{{{group}: {each}, {key}: {quote(levels)}}}"
                if has[each]
                else f"{{{group}: {each}}}"
                for each in has
            )
            have = "has" if len(lacking) == 1 else "have"
            raise ConfigError(
                f"{key}: {group}={','.join(has)} is swept, and {' and '.join(lacking)} {have} no "
                f"such key; 'grid.blocks=[{blocks}]' gives each its own"
            )
