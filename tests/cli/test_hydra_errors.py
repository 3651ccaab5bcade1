"""Hydra's errors in one line."""

import pytest
from hydra.errors import MissingConfigException

from xorsweep.cli.hydra_errors import explain_hydra_error


@pytest.mark.parametrize(
    ("choice", "package"),
    [
        ("hydra/sweeper/optuna", "hydra-optuna-sweeper"),
        ("hydra/launcher/submitit_slurm", "hydra-submitit-launcher"),
    ],
)
def test_a_choice_of_a_plug_in_names_its_package(choice: str, package: str) -> None:
    group, _, name = choice.rpartition("/")
    assert explain_hydra_error(MissingConfigException("", choice, ["basic"])) == (
        f"{group}={name}: {group} must be one of basic; {name} needs pip install {package}"
    )
