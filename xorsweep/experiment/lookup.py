"""The classes of experiments by their names."""

from __future__ import annotations

from importlib.metadata import entry_points
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from xorsweep.errors import ManifestError

if TYPE_CHECKING:
    from xorsweep.experiment.base import Experiment
    from xorsweep.storage.manifest import Manifest

EXPERIMENTS = {
    "networks": "xorsweep.network_experiment:NetworkExperiment",
    "function": "xorsweep.functions.experiment:FunctionExperiment",
}
"""The classes of experiments by name; packages add others by the entry points below."""
ENTRY_POINTS = "xorsweep.experiments"
GIVEN: dict[str, type[Experiment[Any]]] = {}
"""The classes by name that this process has swept; they need no entry point."""


def experiment_of(manifest: Manifest) -> Experiment[Any]:
    """Return the experiment that a manifest names; raises ManifestError if it isn't available."""
    name = str(manifest.experiment.get("name"))
    cls = experiment_class(name)
    if cls is None:
        raise ManifestError(
            f"its experiment is {name!r:.40}, and no package here offers it; name its class: "
            "--experiment module:Class, experiment=Class of xs.load, or to resume it "
            "python -m xorsweep experiment module:Class resume=..."
        )
    return cls.from_manifest(manifest)


def experiment_class(name: str) -> type[Experiment[Any]] | None:
    """Return the class of an experiment by its name; None if no installed package has it."""
    found: Any = GIVEN.get(name)
    # Own names first, which no class of a user can take.
    if name in EXPERIMENTS:
        found = resolve_name(EXPERIMENTS[name])
    elif found is None:
        offers = [each for each in entry_points(group=ENTRY_POINTS) if each.name == name]
        found = offers[0].load() if offers else None
    return found  # type: ignore[no-any-return]


def offered_experiments() -> list[str]:
    """Return the names of the experiments of installed packages."""
    return sorted(each.name for each in entry_points(group=ENTRY_POINTS))


def remember_class(cls: type[Experiment[Any]]) -> None:
    """Let this process open folders of an experiment class without an entry point."""
    GIVEN[cls.name] = cls
