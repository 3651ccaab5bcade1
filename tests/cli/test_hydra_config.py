"""Hydra's configuration as plain dictionaries; unresolvable values are named."""

import pytest
from omegaconf import OmegaConf

from xorsweep.cli.hydra_config import plain
from xorsweep.errors import ConfigError


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"lr": "${nope}"}, r"^lr: Interpolation key 'nope' not found$"),
        ({"task": {"name": "xor", "bits": "${a.b}"}}, r"^task\.bits: .*'a\.b' not found$"),
        ({"lr": "${hidden}", "hidden": "${lr}"}, r"^(lr|hidden): Recursive interpolation"),
    ],
)
def test_a_value_that_cant_be_resolved_is_named_by_its_key(
    config: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        plain(OmegaConf.create(config))


def test_references_are_resolved() -> None:
    config = OmegaConf.create({"lr": 0.5, "optimizer": {"lr": "${lr}"}, "hydra": {"mode": 1}})
    assert plain(config) == {"lr": 0.5, "optimizer": {"lr": 0.5}}
