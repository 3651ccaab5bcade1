"""Numbers and words as every message has them."""

import math

import numpy as np
import pytest

from xorsweep.text import (
    content_digest,
    count_text,
    duration_text,
    epoch_text,
    format_value,
    join_words,
    level_name,
    level_words,
    percent_text,
    rate_interval_text,
    shorten,
    size_text,
    typeset,
)


def test_lengths_of_time_have_a_unit_of_a_fitting_size() -> None:
    texts = {0.3: "a second", 7.2: "7 s", 61: "61 s", 119: "119 s", 125: "2 min", 9_000: "2 h"}
    texts[300_000] = "3 days"
    assert {seconds: duration_text(seconds) for seconds in texts} == texts


def test_sizes_have_a_unit_of_a_fitting_size() -> None:
    texts = {900: "0.9 kB", 45_000: "45 kB", 2_940_000: "2.9 MB", 3e8: "300 MB", 1.25e9: "1.2 GB"}
    assert {count: size_text(count) for count in texts} == texts


def test_a_network_is_shown_before_training_or_after_some_epochs() -> None:
    texts = [epoch_text(epoch) for epoch in (0, 1, 2_000)]
    assert texts == ["before training", "after 1 epoch", "after 2,000 epochs"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("from -1.5 to -.5, [-3, +4]", "from −1.5 to −.5, [−3, +4]"),
        ("1e-05, -2.5e-8", "1e−05, −2.5e−8"),
        ("-infinite, y(1 - y)", "−infinite, y(1 − y)"),
        ("81 % of 5 %s", "81\u00a0% of 5 %s"),
    ],
)
def test_numbers_to_be_read_have_minus_signs(text: str, shown: str) -> None:
    assert typeset(text) == shown


@pytest.mark.parametrize(
    "text",
    ["2026-11-27/20-06-37", "2-2-1", "lr=-1", "outputs/-1", "sha1-5", "log-2", "-m", "a - b"],
)
def test_hyphens_of_names_dates_and_overrides_stay(text: str) -> None:
    assert typeset(text) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (0.1, "0.1"),
        ("a b", "a b"),
        (1 << 3_000, f"{1 << 3_000:#x}"),
    ],
)
def test_values_are_written_as_in_an_override(value: object, text: str) -> None:
    assert format_value(value) == text


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError


def test_a_message_repeats_a_value_in_one_short_line() -> None:
    assert shorten("a\nb\n") == "a b"
    assert shorten("x" * 200) == "x" * 200
    assert shorten("x" * 201) == "x" * 197 + "..."
    assert shorten("\udc80") == "\\udc80"
    assert shorten(Unprintable()) == "<Unprintable>"


def test_counts_have_a_plural() -> None:
    assert count_text(1, "batch", "batches") == "1 batch"
    assert count_text(1_000, "batch", "batches") == "1,000 batches"
    assert count_text(0, "point") == "0 points"


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0"), (1, "100"), (0.5, "50"), (0.123, "12.3"), (0.99999, "99.999")]
)
def test_a_share_is_0_or_100_only_where_it_is(share: float, text: str) -> None:
    assert percent_text(share) == text


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0"), (0.004, "0.4"), (0.123, "12"), (0.996, "99.6"), (1, "100")]
)
def test_a_share_can_be_whole_where_it_is_not_0_or_100(share: float, text: str) -> None:
    assert percent_text(share, 0) == text


def test_an_interval_of_a_rate_near_all_has_a_width() -> None:
    assert rate_interval_text(1, 0.9963, 1) == "100 % [99.6, 100]"
    assert rate_interval_text(0.8365, 0.7612, 0.901) == "84 % [76, 90]"


@pytest.mark.parametrize(
    ("level", "text"),
    [
        (True, "true"),
        (np.False_, "false"),
        (2.0, "2"),
        (1000, "1,000"),
        (1000.0, "1,000"),
        (np.float64(1e6), "1,000,000"),
        (1e12, "1e+12"),
        (0.1 + 0.2, "0.3"),
        (math.inf, "inf"),
        (math.nan, "none"),
        (None, "none"),
        ("xor", "xor"),
    ],
)
def test_a_level_has_the_same_text_whatever_its_type(level: object, text: str) -> None:
    assert level_name(level) == text


def test_words_are_joined_as_in_a_sentence() -> None:
    assert [join_words("abc"[:n]) for n in (1, 2, 3)] == ["a", "a and b", "a, b and c"]
    assert level_words("hidden", 1) == "1 hidden unit"
    assert level_words("epochs", 1000) == "1,000 epochs"


def test_a_digest_depends_on_content_alone() -> None:
    assert content_digest({"a": 1, "b": [2]}) == content_digest({"b": [2], "a": 1})
    assert content_digest({"a": 1}) != content_digest({"a": 2})
