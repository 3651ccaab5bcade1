"""The node `grid` of a configuration: axes, blocks, zipped axes and filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hydra.core.config_loader import ConfigLoader
from omegaconf import DictConfig

from xorsweep.cli.axes import Overrides, check_keys, level_count, parsed, swept
from xorsweep.cli.config_files import composed_files, without_replaced
from xorsweep.cli.grid_spec import GridSpec, check_counts, read_zip
from xorsweep.cli.hydra_config import AXES, BLOCKS, plain
from xorsweep.cli.keys import is_point_key
from xorsweep.errors import ConfigError
from xorsweep.fields.sections import check_known
from xorsweep.grid.where import read_where
from xorsweep.hints import KEYS
from xorsweep.networks.schema import NETWORK_SCHEMA
from xorsweep.text import format_value

_AXES_ALLOWED = "must be keys and their levels, such as {lr: 0.1,1}"
_BLOCKS_ALLOWED = (
    "must be a list of blocks, each of keys and their levels, such as "
    '[{optimizer: sgd, lr: "0.5,2"}, {optimizer: momentum, lr: "0.1,0.5"}]'
)


def grid_node(loader: ConfigLoader, config: DictConfig, axes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the node `grid` of a configuration, with `axes` over its own.

    An axis is excluded if a file that is composed later gives its key one plain value. Raises
    ConfigError for a file that can't be meant.
    """
    files = composed_files(loader, config.hydra)
    section = plain(config)["grid"]
    if not isinstance(section, Mapping):
        raise ConfigError(f"grid={format_value(section)}: must be keys such as axes and where")
    if axes and isinstance(section.get("axes"), Mapping):
        section = {**section, "axes": {**section["axes"], **axes}}
    return without_replaced(section, files, config.hydra.overrides.hydra)


def read_grid(loader: ConfigLoader, section: Mapping[str, Any], given: Overrides) -> GridSpec:
    """Return the grid that the node `grid` asks for, under the overrides `given`.

    Each block is made of `axes`, over them the block's own, over those the ones given; without
    blocks there is one product, that of `axes`. Raises ConfigError.
    """
    check_known("grid.", section, ["axes", "blocks", "zip", "where"], words=KEYS)
    axes, blocks = section.get("axes", {}), section.get("blocks")
    if not isinstance(axes, Mapping):
        raise ConfigError(f"{AXES}={format_value(axes)}: {_AXES_ALLOWED}")
    common = {**_read_axes(loader, AXES, axes), **given}
    where, zipped = section.get("where"), read_zip(section.get("zip"))
    found = _read_blocks(loader, common, blocks, given)
    for block in found:
        check_keys(block)
    expression = None if where is None else read_where(NETWORK_SCHEMA, where).text
    check_counts(
        [{key: level_count(each) for key, each in block.items()} for block in found], zipped
    )
    parsed_blocks = ({key: swept(each) for key, each in block.items()} for block in found)
    return GridSpec(tuple(parsed_blocks), zipped, expression)


def _read_blocks(
    loader: ConfigLoader, common: Overrides, blocks: object, given: Overrides
) -> list[Overrides]:
    if blocks is None:
        return [common]
    if not isinstance(blocks, Sequence) or isinstance(blocks, str) or not blocks:
        raise ConfigError(f"{BLOCKS}={format_value(blocks)}: {_BLOCKS_ALLOWED}")
    return [
        {**common, **_read_axes(loader, f"{BLOCKS}[{place}]", block), **given}
        for place, block in enumerate(blocks)
    ]


def _read_axes(loader: ConfigLoader, where: str, axes: object) -> Overrides:
    if not isinstance(axes, Mapping):
        raise ConfigError(f"{where}={format_value(axes)}: {_BLOCKS_ALLOWED}")
    try:
        overrides = parsed(loader, [_line(where, key, axes[key]) for key in axes])
    except ConfigError as error:
        line = str(error)
        raise ConfigError(line if line.startswith(where) else f"{where}: {line}") from None
    for key in overrides:
        if not is_point_key(key):
            raise ConfigError(
                f"{where}.{key}: defines how a sweep runs, not its points, so it can't be in a grid"
            )
    return overrides


def _line(where: str, key: object, levels: object) -> str:
    if isinstance(levels, str | int | float | bool):
        return f"{key}={format_value(levels)}"
    if isinstance(levels, Sequence) and levels:
        listed = ",".join(format_value(level) for level in levels)
        raise ConfigError(
            f"{where}.{key}={levels}: a YAML list is one value and no axis; write {key}: {listed}"
        )
    raise ConfigError(
        f"{where}.{key}={format_value(levels)}: must be levels, such as 1,2 or one value"
    )
