"""What manifest.json says of a run beside its grid, held to the form in which it was written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from xorsweep.worker import STATUSES


class ManifestError(ValueError):
    """A manifest that can't be trusted; the message says why."""


Check = Callable[[Any], bool]


def check_record(manifest: Mapping[str, Any]) -> None:
    """Raise ManifestError for an entry that isn't of the form in which a run writes it.

    Entries may be missing, and what no run writes may be there in any form.
    """
    for key, (check, form) in _ENTRIES.items():
        if key in manifest and not check(manifest[key]):
            raise ManifestError(f"its {key} isn't {form}")


def check_finished(manifest: Mapping[str, Any]) -> None:
    """Raise ManifestError for what is missing and is shown of a finished sweep."""
    for key in _SHOWN:
        if key not in manifest:
            raise ManifestError(f"it has no '{key}', and a finished sweep has")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, float) or (isinstance(value, int) and abs(value) < 2**63)


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**63


def _is_plain(value: Any) -> bool:
    return value is None or _is_text(value) or _is_number(value)


def _list_of(check: Check) -> Check:
    return lambda value: isinstance(value, list) and all(map(check, value))


def _mapping_of(check: Check, *keys: str) -> Check:
    def is_so(value: Any) -> bool:
        return (
            isinstance(value, dict)
            and all(key in value for key in keys)
            and all(map(check, value.values()))
        )

    return is_so


def _is_git(value: Any) -> bool:
    return value is None or _mapping_of(_is_plain, "commit", "dirty")(value)


_ENTRIES: Mapping[str, tuple[Check, str]] = {
    "state": (_is_text, "a text"),
    "command_line": (_list_of(_is_text), "a list of texts"),
    "config": (lambda value: isinstance(value, dict), "a mapping"),
    "earlier": (_list_of(lambda value: isinstance(value, dict)), "a list of runs"),
    "grid": (_mapping_of(_is_plain, "text", "points"), "a grid in words and numbers"),
    "files": (_mapping_of(_is_text), "a mapping of paths to digests"),
    "choices": (_mapping_of(_is_text), "a mapping of choices to packages"),
    "workers": (_is_count, "a count"),
    "git": (_is_git, "a commit"),
    "versions": (_mapping_of(_is_text), "a mapping of names to versions"),
    "machine": (
        _mapping_of(_is_plain, "processor", "cores", "memory_gib", "system"),
        "a machine in words and numbers",
    ),
    "started": (_is_text, "a time"),
    "finished": (_is_text, "a time"),
    "seconds": (_is_number, "a number"),
    "net_epochs": (_is_count, "a count"),
    "throughput": (_is_number, "a number"),
    "counts": (_mapping_of(_is_count, "planned", *STATUSES), "a count for each status"),
}
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
)
