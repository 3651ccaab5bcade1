"""Choices of other packages: found when asked for, imported when chosen, refused in one line."""

import dataclasses
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from xorsweep.errors import ConfigError
from xorsweep.fields import Batched, Integer, Real, field
from xorsweep.registry import Registry, defaults_of, installed

OFFERED = "xorsweep.tests"

Install = Callable[..., None]


@dataclass(frozen=True)
class Base:
    """The base class of the components of these tests."""


@dataclass(frozen=True)
class Own(Base):
    rate: Batched = field(0.5, Real())


MODULE = """
from dataclasses import dataclass
from tests.test_registry import Base
from xorsweep.fields import Integer, field

@dataclass(frozen=True)
class Other(Base):
    size: int = field(3, Integer(1))

class NotOfIt: pass
"""


def registry(shared: bool = False) -> Registry[Base]:
    return Registry("thing", OFFERED, Base, {"own": Own}, shared=shared)


@pytest.fixture(autouse=True)
def looked_through_anew() -> Iterator[None]:
    """Forget the installed components, before a test that installs one and after it."""
    installed.cache_clear()
    yield
    installed.cache_clear()


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Return a function that puts a package with its entry points where Python finds it."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def make(package: str, offers: Mapping[str, str], module: str = MODULE) -> None:
        info = tmp_path / f"{package}-1.5.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.5\n")
        lines = "\n".join(f"{name} = {value}" for name, value in offers.items())
        (info / "entry_points.txt").write_text(f"[{OFFERED}]\n{lines}\n")
        (tmp_path / f"{package}.py").write_text(module)
        monkeypatch.delitem(sys.modules, package, raising=False)

    return make


def test_a_package_is_imported_only_when_its_choice_is_taken(install: Install) -> None:
    install("plug", {"other": "plug:Other"})
    found = registry()
    assert list(found) == ["own", "other"]
    assert "other" in found
    assert len(found) == 2
    assert found["own"] is Own
    assert "plug" not in sys.modules
    assert found["other"].__module__ == "plug"
    assert found.origin("other") == "package plug 1.5"
    assert found.origin("own") is None
    assert defaults_of(found["other"]) == {"size": 3}


def test_nothing_is_looked_for_where_the_name_is_our_own(install: Install, tmp_path: Path) -> None:
    install("broken", {})
    (tmp_path / "broken-1.5.dist-info/entry_points.txt").write_bytes(b"\xff")
    found = registry()
    assert "own" in found
    assert found["own"] is Own
    assert found.origin("own") is None
    with pytest.raises(UnicodeDecodeError):
        "other" in found  # noqa: B015


def test_a_name_that_nobody_offers_is_no_key(install: Install) -> None:
    install("plug", {"other": "plug:Other"})
    with pytest.raises(KeyError):
        registry()["another"]
    assert "another" not in registry()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            "plug:Missing",
            r"^thing=bad: plug 1.5 is broken, plug:Missing can't be imported \(AttributeError: ",
        ),
        (
            "nowhere:Other",
            r"^thing=bad: plug 1.5 is broken, nowhere:Other can't be imported "
            r"\(ModuleNotFoundError: No module named 'nowhere'\)$",
        ),
        (
            "plug:NotOfIt",
            r"^thing=bad: plug:NotOfIt of plug 1.5 must be a class derived from "
            r"tests.test_registry.Base$",
        ),
        ("plug:Integer", r"^thing=bad: plug:Integer of plug 1.5 must be a class derived from "),
    ],
)
def test_a_broken_package_is_one_line_where_it_is_chosen(
    install: Install, value: str, message: str
) -> None:
    install("plug", {"bad": value, "other": "plug:Other"})
    found = registry()
    assert found["other"].__name__ == "Other"
    with pytest.raises(ConfigError, match=message) as told:
        found["bad"]
    assert "\n" not in str(told.value)


def test_a_module_that_raises_several_lines_is_reported_in_one(install: Install) -> None:
    install("plug", {"bad": "plug:Other"}, "raise RuntimeError('one\\ntwo')")
    with pytest.raises(ConfigError, match=r"\(RuntimeError: one\)$"):
        registry()["bad"]


def test_a_name_of_our_own_stays_ours_and_the_other_is_known_to_be_left_out(
    install: Install,
) -> None:
    install("plug", {"own": "plug:Other"})
    found = registry()
    assert found["own"] is Own
    assert list(found) == ["own"]
    assert found.shadowed("own") == "plug 1.5"
    assert registry().shadowed("other") is None


def test_a_name_that_two_packages_offer_is_refused(install: Install) -> None:
    install("plug", {"other": "plug:Other"})
    install("plug2", {"other": "plug2:Other"})
    with pytest.raises(ConfigError, match=r"^thing=other: plug 1.5 and plug2 1.5 both offer it; "):
        registry()["other"]


def test_a_registered_class_is_a_choice_until_it_is_forgotten() -> None:
    found = registry()
    found.register("mine", Own)
    assert found["mine"] is Own
    assert list(found) == ["own", "mine"]
    assert found.origin("mine") == "class tests.test_registry.Own"
    found.forget("mine")
    assert "mine" not in found


class Undecorated(Base):
    rate: Batched = field(0.5, Real())


@dataclass(frozen=True)
class Undeclared(Base):
    rate: float = 0.5


@dataclass(frozen=True)
class WithoutDefault(Base):
    rate: float = dataclasses.field(metadata={"kind": Real()})


@dataclass(frozen=True)
class WrongDefault(Base):
    size: int = field(0, Integer(1))


@dataclass(frozen=True)
class Named(Base):
    name: int = field(1, Integer(1))


@pytest.mark.parametrize(
    ("component", "message"),
    [
        (Undecorated, "has the parameter rate, so it needs @dataclass(frozen=True)"),
        (Undeclared, "has a field rate that isn't declared by xorsweep.fields.field"),
        (WithoutDefault, "has a field rate that isn't declared by xorsweep.fields.field"),
        (
            WrongDefault,
            "has a default that isn't allowed: size=0: size must be a whole number from 1",
        ),
        (Named, "has a parameter name, which is where the component itself stands"),
    ],
)
def test_a_class_that_cant_be_configured_is_refused(component: type[Base], message: str) -> None:
    with pytest.raises(ConfigError) as told:
        registry().register("mine", component)
    assert str(told.value).startswith(
        f"thing=mine: tests.test_registry.{component.__name__} {message}"
    )


def test_a_real_parameter_is_refused_where_a_batch_shares_its_choice() -> None:
    with pytest.raises(ConfigError, match=r"has the parameter rate, a Real, in which members of"):
        registry(shared=True).register("mine", Own)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("own", r"^thing=own: is xorsweep's own; choose another name$"),
        ("other", r"^thing=other: is of plug 1.5; choose another name$"),
        ("a,b", r"^thing=a,b: a name is made of letters, digits and _$"),
    ],
)
def test_a_name_that_cant_be_taken_is_refused(install: Install, name: str, message: str) -> None:
    install("plug", {"other": "plug:Other"})
    with pytest.raises(ConfigError, match=message):
        registry().register(name, Own)


def test_a_group_without_entry_points_takes_nothing() -> None:
    closed = Registry("thing", None, Base, {"own": Own})
    assert list(closed) == ["own"]
    with pytest.raises(ConfigError, match=r"^thing=mine: engines know every thing they have$"):
        closed.register("mine", Own)
