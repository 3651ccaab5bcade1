"""How values, levels and exceptions are written, each in one way for all of xorsweep."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

MOST_DIGITS = 6
"""Digits of a percentage behind the point."""
MOST_BITS = 2_000
"""Bits of the largest whole number that is written in decimal digits."""
LONGEST = 200
"""Characters of a value that a message repeats."""
WHOLE = 1e9
"""Up to this size all digits of whole numbers are shown."""
NO_BREAK, MINUS = "\u00a0", "\N{MINUS SIGN}"

SIGNS = re.compile(
    r"(?<![\w/.=-])(?:-?\d[\d.,]*e-\d|-(?=\.?\d|infinite))|(?<=\d )-(?= \w)|(?<=\d) %(?!\w)"
)
"""Hyphens of numbers, not of dates, names, paths and `key=value`; spaces before percent signs."""

_LEVEL_NOUNS = {
    "lr": ("learning rate", "learning rates"),
    "hidden": ("hidden size", "hidden sizes"),
    "epochs": ("epoch budget", "epoch budgets"),
    "seed": ("seed", "seeds"),
    "task": ("task", "tasks"),
    "activation": ("activation", "activations"),
    "loss": ("loss", "losses"),
    "optimizer": ("optimizer", "optimizers"),
    "schedule": ("schedule", "schedules"),
    "init": ("initializer", "initializers"),
    "criterion": ("criterion", "criteria"),
}
"""The nouns of keys that have one, for one level and for several."""


def format_value(value: object) -> str:
    """Return a value as a person would type it in an override."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        return f"{value:#x}"  # Python writes no more digits than that in tens
    return str(value)


def shorten(value: object) -> str:
    """Return a value for a message: in one line, and truncated if it is long."""
    try:
        text = format_value(value)
    except Exception:  # an error of the value itself, or of Python for a number of many digits
        text = f"<{type(value).__name__}>"
    line = " ".join(text.encode(errors="backslashreplace").decode().splitlines())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..."


def level_text(key: str, level: object) -> str:
    """Return a level with its key, in a natural order."""
    return f"{level_name(level)} {key}" if key == "epochs" else f"{key} {level_name(level)}"


def level_name(level: object) -> str:
    """Return the shortest text of a level."""
    if level is None:
        return "none"
    if isinstance(level, bool | np.bool_):
        return "true" if level else "false"
    if isinstance(level, int | np.integer):
        return f"{int(level):,}"
    if isinstance(level, float | np.floating):
        number = float(level)
        if abs(number) < WHOLE and number.is_integer():
            return f"{number:,.0f}"
        return f"{number:g}" if number == number else "none"
    return str(level)


def level_words(key: str, level: object) -> str:
    """Return a level with its key, for readers who don't know the keys."""
    if key == "hidden":
        return f"{level_name(level)} hidden unit{'' if level == 1 else 's'}"
    return level_text(key, level)


def any_level_words(key: str, levels: Sequence[object]) -> str:
    """Return several levels with their key once: `lr 0.5, 2 or 10`, `2 or 4 hidden units`."""
    *first, last = levels
    if not first:
        return level_words(key, last)
    if key == "hidden":
        return f"{', '.join(map(level_name, first))} or {level_words(key, last)}"
    others = ", ".join([level_text(key, first[0]), *map(level_name, first[1:])])
    return f"{others} or {level_name(last)}"


def level_count_text(keys: Sequence[str], count: int) -> str:
    """Return a number of levels of a key, or of keys that vary together, such as `3 seeds`."""
    if len(keys) > 1:
        return f"{count_text(count, 'combination')} of {join_words(keys)}"
    return count_text(
        count, *_LEVEL_NOUNS.get(keys[0], (f"value of {keys[0]}", f"values of {keys[0]}"))
    )


def count_text(count: int, noun: str, plural: str = "") -> str:
    """Return a count with its noun, one or many."""
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"


def epoch_text(epoch: int) -> str:
    """Return when a network was as it is shown, such as `after 10 epochs`."""
    return f"after {count_text(epoch, 'epoch')}" if epoch else "before training"


def number_text(number: float) -> str:
    """Return a number with four digits, whole ones with all of them; nothing where it is NaN.

    From a thousand on it is rounded to four digits, and thousands are marked.
    """
    if number != number:
        return ""
    if abs(number) < WHOLE and number == round(number):
        return f"{number:,.0f}"
    rounded = float(f"{number:.4g}")
    return f"{rounded:,.0f}" if 1_000 <= abs(rounded) < WHOLE else f"{rounded:.4g}"


def typeset(text: str) -> str:
    """Return a text as pages and figures have it, to be read rather than copied.

    Numbers have a minus sign where the text has a hyphen, and percent signs stay on their lines.
    """
    return SIGNS.sub(typeset_sign, text)


def typeset_sign(found: re.Match[str]) -> str:
    """Return a match of SIGNS as pages and figures have it."""
    return found[0].replace("-", MINUS).replace(" ", NO_BREAK)


def percent_text(share: float, digits: int = 1) -> str:
    """Return a share in percent, to a tenth, or finer where that would be 0 or 100 and isn't.

    With 0 `digits` behind the point it is a whole number where it can be.
    """
    text = ""
    for more in range(digits, MOST_DIGITS + 1):
        text = f"{100 * share:.{more}f}"
        # 99.96 % isn't 100.0 %: as many digits as it takes to tell them apart.
        if share in (0, 1) or float(text) not in (0, 100):
            break
    return text.removesuffix(".0")


def rate_interval_text(rate: float, low: float, high: float) -> str:
    """Return a rate with its interval in percent: whole numbers, finer near none and all."""
    share, *limits = (percent_text(each, 0) for each in (rate, low, high))
    return f"{share} % [{', '.join(limits)}]"


def duration_text(seconds: float) -> str:
    """Return a length of time in the unit that a person would take."""
    if seconds < 1:
        return "a second"
    for limit, unit, name in ((120, 1, "s"), (7_200, 60, "min"), (172_800, 3_600, "h")):
        if seconds < limit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds / 86_400:,.0f} days"


def size_text(count: float) -> str:
    """Return bytes in kB, MB or GB."""
    unit, name = next(((u, n) for u, n in ((1e9, "GB"), (1e6, "MB")) if count >= u), (1e3, "kB"))
    return f"{count / unit:,.{1 if count < 10 * unit else 0}f} {name}"


def join_words(texts: Sequence[str]) -> str:
    """Return texts as a list of a sentence."""
    *first, last = texts
    return f"{', '.join(first)} and {last}" if first else last


def exception_text(error: BaseException) -> str:
    """Return the name of an exception's class and its message, in UTF-8.

    Characters outside UTF-8 are escaped. An exception whose message raises is described as such.
    """
    name = _name_of(type(error))
    try:
        text = f"{name}: {error!s}"
    except KeyboardInterrupt:
        raise
    except BaseException as another:
        text = f"{name}, whose text can't be made ({_name_of(type(another))})"
    return escape_non_utf8(text)


def escape_non_utf8(text: str) -> str:
    """Return a text with characters outside UTF-8, such as half a surrogate pair, escaped."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def one_line(text: str) -> str:
    """Return a text in one line, without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def content_digest(content: Mapping[str, Any]) -> str:
    """Return a digest of entries as JSON, regardless of their order."""
    # One text for equal entries, as the digest is compared with one of another process.
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), default=asdict)
    return hashlib.blake2b(canonical.encode(), digest_size=16).hexdigest()


def _name_of(kind: type) -> str:
    return str(type.__dict__["__name__"].__get__(kind))  # whatever its metaclass says
