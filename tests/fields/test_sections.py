from dataclasses import dataclass

import pytest

from xorsweep.errors import ConfigError
from xorsweep.fields import Choice, Integer, Real, field
from xorsweep.fields.sections import group_values, read_changed, read_settings, unknown_key_message


@dataclass(frozen=True)
class Limits:
    low: float = field(0.0, Real())
    high: float = field(1.0, Real())
    most: int = field(3, Integer(1))
    scale: str = field("linear", Choice(("linear", "log")))

    def check(self) -> None:
        if self.low >= self.high:
            raise ConfigError("limits: low must be below high")


def test_a_group_is_read_as_its_settings() -> None:
    given = {"limits": {"low": -1, "high": 2.5, "most": 4.0, "scale": "log"}, "other": {}}
    assert read_settings("limits", given, Limits) == Limits(-1.0, 2.5, 4, "log")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"low": 0, "high": 1, "most": 0}, r"^limits\.most=0: limits\.most must be a whole number"),
        ({"low": 2, "high": 1, "most": 1, "scale": "log"}, "^limits: low must be below high$"),
        ({"lo": 2}, r"^limits\.lo: unknown key; did you mean limits\.low\?$"),
        ("small", "^limits=small: limits is a config group"),
    ],
)
def test_a_wrong_group_is_refused_by_its_key(given: object, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_settings("limits", {"limits": given}, Limits)


def test_other_values_keep_the_rest_and_are_checked_together() -> None:
    known = Limits(low=0.5)
    assert read_changed("limits", known, {"most": 7}) == Limits(low=0.5, most=7)
    with pytest.raises(ConfigError, match="low must be below high"):
        read_changed("limits", known, {"high": 0.5})


def test_a_group_is_given_by_its_values_or_by_one_of_them() -> None:
    assert group_values("limits", {"low": 3}, "scale", Limits) == {"low": 3}
    assert group_values("limits", "log", "scale", Limits) == {"scale": "log"}
    with pytest.raises(ConfigError, match=r"^limits=cubic: limits must be one of linear, log$"):
        group_values("limits", "cubic", "scale", Limits)


def test_where_nothing_is_near_the_known_keys_are_listed() -> None:
    assert unknown_key_message("zzz", ["lr", "seed"]) == "zzz: unknown key; known keys: lr, seed"
    assert (
        unknown_key_message("sed", ["lr", "seed"], " here")
        == "sed: unknown key here; did you mean seed?"
    )
