"""The project's own files agree on Pythons and on Hydra, and no start of it warns."""

import re
import tomllib
from collections import Counter
from importlib.metadata import EntryPoint
from inspect import isabstract
from pathlib import Path

import pytest
from command_line import run
from hydra.plugins.plugin import Plugin
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PYTHONS = ["3.11", "3.12", "3.13", "3.14", "3.15"]
PINS = [
    Requirement(line)
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


def holds(requirement: Requirement, python: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"python_version": python})


def test_no_python_from_3_11_on_is_refused() -> None:
    allowed = SpecifierSet(PROJECT["requires-python"])
    assert [v for v in ("3.10", *PYTHONS, "3.16", "4.0") if v not in allowed] == ["3.10"]
    tried = [each for each in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", each)]
    assert [each.rpartition(" ")[2] for each in tried] == PYTHONS
    assert "Python 3.11 to 3.15" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("python", PYTHONS)
def test_each_python_has_one_pin_of_a_package_and_a_hydra_that_works_there(python: str) -> None:
    here = [pin for pin in PINS if holds(pin, python)]
    assert max(Counter(pin.name.lower() for pin in here).values()) == 1
    (hydra,) = (str(pin.specifier).removeprefix("==") for pin in here if pin.name == "hydra-core")
    assert hydra.startswith("1.4." if python in ("3.14", "3.15") else "1.3.")
    needed = map(Requirement, PROJECT["dependencies"])
    ours = [each for each in needed if each.name == "hydra-core" and holds(each, python)]
    assert [each.specifier.contains(hydra, prereleases=True) for each in ours] == [True]
    assert ours[0].specifier.contains("1.3.8") == (python not in ("3.14", "3.15"))


def test_the_plugins_are_named_to_hydra_1_4_as_classes() -> None:
    group = "hydra.plugins"
    named = PROJECT["entry-points"][group].items()
    found = [EntryPoint(name, value, group).load() for name, value in named]
    assert {each.__name__ for each in found} == {
        "XorsweepGridSweeper",
        "OtherChoices",
        "OtherChoicesPath",
    }
    assert all(issubclass(each, Plugin) and not isabstract(each) for each in found)


SMALL = ["lr=0.5,1", "hidden=2", "epochs=5", "seed=0", "report=false"]


@pytest.mark.parametrize("arguments", [["epochs=5"], ["-m", *SMALL], ["-m", *SMALL, "plan=true"]])
def test_nothing_that_is_started_warns(arguments: list[str], tmp_path: Path) -> None:
    done = run(tmp_path, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
