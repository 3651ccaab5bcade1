"""The form of manifest.json: every entry that a run writes, and which of them must be there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from xorsweep.errors import ManifestError
from xorsweep.networks.trainer import STATUSES

Check = Callable[[Any], bool]
Entries = Mapping[str, tuple[Check, str]]
"""What each entry is held to, and what it has to be, in words."""


def check_record(manifest: Mapping[str, Any], entries: Entries, *needed: str) -> None:
    """Raise ManifestError for an entry that isn't of its form, or is needed and isn't there.

    Others may be missing, and what no run writes may be there in any form.
    """
    for key in needed:
        if key not in manifest:
            raise ManifestError(f"it has no '{key}'")
    for key, (check, form) in entries.items():
        if key in manifest and not check(manifest[key]):
            raise ManifestError(f"its {key} isn't {form}")


def check_finished(manifest: Mapping[str, Any]) -> None:
    """Raise ManifestError for what is missing, or contradicts itself, in that of a finished sweep.

    Its entries are those that `check_record` has passed.
    """
    check_record(manifest, {}, *_SHOWN)
    counts = manifest["counts"]
    if counts["planned"] != sum(counts[status] for status in STATUSES):
        raise ManifestError("its counts don't add up")
    if manifest["throughput"] != throughput(manifest["net_epochs"], manifest["seconds"]):
        raise ManifestError("its throughput isn't its net_epochs by its seconds")


def throughput(net_epochs: int, seconds: float) -> float:
    """Return the epochs of one network that were trained in a second."""
    return net_epochs / seconds if seconds else 0.0


def _is_any_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and not any("\ud800" <= letter <= "\udfff" for letter in value)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < 2**63 and isfinite(value)


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**63


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | str)


def _is_mapping(value: Any) -> bool:
    return isinstance(value, dict)


def _or_null(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _one_of(*names: str) -> Check:
    return lambda value: value in names


def _list_of(check: Check) -> Check:
    return lambda value: isinstance(value, list) and all(map(check, value))


def _mapping_of(check: Check, *needed: str) -> Check:
    """Return what holds each value of a mapping, whose keys are texts, to one form."""

    def is_so(value: Any) -> bool:
        return (
            isinstance(value, dict)
            and all(key in value for key in needed)
            and all(map(_is_text, value))
            and all(map(check, value.values()))
        )

    return is_so


def _record_of(**checks: Check) -> Check:
    """Return what holds each entry of a mapping to its own form; all of them must be there."""
    return lambda value: (
        isinstance(value, dict)
        and all(key in value and check(value[key]) for key, check in checks.items())
    )


def _is_run(value: Any) -> bool:
    """Tell whether something is what a manifest keeps of an earlier run."""
    return isinstance(value, dict) and all(
        check(value[key]) for key, (check, _) in _RUN.items() if key in value
    )


def _is_source(value: Any) -> bool:
    """Tell whether something is what a manifest keeps of a sweep that was merged."""
    return (
        _is_run(value)
        and _is_any_text(value.get("folder"))
        and _list_of(_is_run)(value.get("earlier"))
    )


_STATES = ("running", "unfinished", "interrupted", "finished")

_RUN: Entries = {
    "state": (_one_of(*_STATES), f"one of {', '.join(_STATES)}"),
    "command_line": (_list_of(_is_any_text), "a list of texts"),
    "merged_from": (_list_of(_is_source), "a list of sweeps"),
    "started": (_is_text, "a time"),
    "finished": (_is_text, "a time"),
    "seconds": (_is_number, "a number"),
    "net_epochs": (_is_count, "a count"),
    "git": (_or_null(_record_of(commit=_is_text, dirty=_is_flag)), "a commit"),
    "versions": (_mapping_of(_is_text), "a mapping of names to versions"),
}
"""What later manifests keep of a run."""

_ANY: Entries = {
    **_RUN,
    "digest": (_is_text, "a digest"),
    "workers": (_is_count, "a count"),
    "machine": (
        _record_of(
            processor=_is_text,
            cores=_or_null(_is_count),
            memory_gib=_is_number,
            system=_is_text,
            host=_is_text,
        ),
        "a machine in words and numbers",
    ),
}

OF_NETWORKS: Entries = {
    **_ANY,
    "config": (_is_mapping, "a mapping"),
    "study": (_or_null(_is_mapping), "a study"),
    "earlier": (_list_of(_is_run), "a list of runs"),
    "grid": (
        lambda value: (
            _record_of(text=_is_text, points=_is_count)(value)
            and all(map(_is_count, (value[key] for key in value.keys() - {"text"})))
        ),
        "a grid in words and numbers",
    ),
    "files": (_mapping_of(_is_text), "a mapping of paths to digests"),
    "choices": (_mapping_of(_is_text), "a mapping of choices to packages"),
    "left_to_numpy": (_list_of(_is_text), "a list of texts"),
    "throughput": (_is_number, "a number"),
    "counts": (_mapping_of(_is_count, "planned", *STATUSES), "a count for each status"),
    "tables": (_mapping_of(_is_text, "results.parquet"), "a mapping of tables to digests"),
}
"""The entries of a sweep of networks, but for those that say which points it has."""

OF_A_FUNCTION: Entries = {
    **_ANY,
    "function": (_is_text, "a name"),
    "source": (_or_null(_is_text), "a digest"),
    "axes": (_mapping_of(_list_of(_is_scalar)), "a mapping of keys to levels"),
    "batch": (lambda value: _is_count(value) and value > 0, "a whole number from 1"),
    "counts": (_mapping_of(_is_count), "a count for each status"),
}
"""The entries of a sweep of a function."""

_SHOWN = (
    "command_line",
    "grid",
    "workers",
    "versions",
    "machine",
    "started",
    "seconds",
    "net_epochs",
    "throughput",
    "counts",
    "tables",
)
"""What is shown or read of a finished sweep."""
