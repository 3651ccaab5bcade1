"""The components of a config group: xorsweep's own, and those that packages and scripts add."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import MISSING, Field, fields
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from xorsweep.errors import ConfigError
from xorsweep.fields import Real
from xorsweep.fields.values import read_value
from xorsweep.text import exception_text, shorten

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint, EntryPoints

Kind = TypeVar("Kind")


class Registry(Mapping[str, type[Kind]], Generic[Kind]):
    """The components of a config group: classes by name, xorsweep's own first.

    Others come from `register` and from installed packages. Their entry points are read only for a
    name that is neither own nor registered, or to list all names, and a package is imported only
    when its component is used.

    Args:
        group: The config group.
        entries: The entry point group of packages; None where nothing can be added.
        base: The class that components derive from.
        own: xorsweep's own components.
        shared: Whether members of a batch share the parameters of the component.
        aliases: Other words for names; a component of such a name takes precedence.
    """

    def __init__(
        self,
        group: str,
        entries: str | None,
        base: type[Kind],
        own: Mapping[str, type[Kind]],
        shared: bool = False,
        aliases: Mapping[str, str] | None = None,
    ) -> None:
        self.group, self.entries, self.base, self.own = group, entries, base, own
        self._shared = shared
        self.aliases = aliases or {}
        self._registered: dict[str, type[Kind]] = {}
        self._loaded: dict[str, type[Kind]] = {}

    def __getitem__(self, name: str) -> type[Kind]:
        """Return a component; raises KeyError for no such name, ConfigError for one of no use."""
        # Own names first: a package can't change the meaning of a name in older sweeps.
        for known in (self.own, self._registered, self._loaded):
            if name in known:
                return known[name]
        self._loaded[name] = self._load(name, self._offers[name])
        return self._loaded[name]

    def __contains__(self, name: object) -> bool:
        """Tell whether a name can be chosen, without importing its component."""
        return name in self.own or name in self._registered or name in self._offers

    def __iter__(self) -> Iterator[str]:
        """Return the names, own ones first, without importing their components."""
        yield from self.own
        yield from self._registered
        yield from (name for name in self._offers if name not in self.own)

    def __len__(self) -> int:
        """Return how many names there are."""
        return sum(1 for _ in self)

    def canonical(self, name: str) -> str:
        """Return the name that a word is an alias of, or the word itself."""
        return self.aliases.get(name, name) if name not in self else name

    @property
    def others(self) -> tuple[str, ...]:
        """Return the names that aren't xorsweep's own."""
        return tuple(name for name in self if name not in self.own)

    def usable(self) -> Iterator[tuple[str, type[Kind]]]:
        """Yield names and components, except for those of broken packages; all are imported."""
        for name in self:
            with suppress(ConfigError):
                yield name, self[name]

    def register(self, name: str, component: type[Kind]) -> None:
        """Add a component for this process.

        Args:
            name: The name in `group=name`.
            component: A frozen dataclass derived from the base class of the group.

        Raises:
            ConfigError: The name is taken, or the class can't be configured or trained in batches.
        """
        if self.entries is None:
            raise ConfigError(f"{self.group}={name}: engines know every {self.group} they have")
        if not isinstance(name, str) or not name.isidentifier():
            raise ConfigError(
                f"{self.group}={shorten(name)}: a name is made of letters, digits and _"
            )
        if name in self.own:
            raise ConfigError(f"{self.group}={name}: is xorsweep's own; choose another name")
        if name in self._offers:
            offering = _package(self._offers[name][0])
            raise ConfigError(f"{self.group}={name}: is of {offering}; choose another name")
        self._validate_class(name, component, _class_name(component))
        self._registered[name] = component

    def registered(self, name: str) -> type[Kind] | None:
        """Return the class that was registered by this name, if one was."""
        return self._registered.get(name)

    def forget(self, name: str) -> None:
        """Take back a registration."""
        self._registered.pop(name, None)

    def origin(self, name: str) -> str | None:
        """Return `package NAME VERSION` or `class MODULE.NAME`; None for xorsweep's own."""
        if name in self.own or name not in self:
            return None
        if name in self._registered:
            return f"class {_class_name(self._registered[name])}"
        return f"package {_package(self._offers[name][0])}"

    def shadowed(self, name: str) -> str | None:
        """Return the package that offers something by the name of a component of ours, if any."""
        offers = self._offers.get(name, []) if name in self.own else []
        return _package(offers[0]) if offers else None

    @cached_property
    def _offers(self) -> Mapping[str, list[EntryPoint]]:
        """Return the components of installed packages by name; own names take precedence."""
        if self.entries is None:
            return {}
        offers: dict[str, list[EntryPoint]] = {}
        for entry in installed()(group=self.entries):
            offers.setdefault(entry.name, []).append(entry)
        return offers

    def _load(self, name: str, offers: list[EntryPoint]) -> type[Kind]:
        if len(offers) > 1:
            packages = " and ".join(sorted(map(_package, offers)))
            raise ConfigError(f"{self.group}={name}: {packages} both offer it; uninstall one")
        (entry,) = offers
        try:
            component = entry.load()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a plugin's module may raise anything
            reason = (exception_text(error).splitlines() or [""])[0]
            raise ConfigError(
                f"{self.group}={name}: {_package(entry)} is broken, {entry.value} can't be "
                f"imported ({reason})"
            ) from error
        self._validate_class(name, component, f"{entry.value} of {_package(entry)}")
        found: type[Kind] = component
        return found

    def _validate_class(self, name: str, component: object, where: str) -> None:
        for reason in self._faults(component):
            raise ConfigError(f"{self.group}={name}: {where} {reason}")

    def _faults(self, component: object) -> Iterator[str]:
        base = f"{self.base.__module__}.{self.base.__qualname__}"
        if not isinstance(component, type) or not issubclass(component, self.base):
            yield f"must be a class derived from {base}"
            return
        # dataclass replaces its fields by their defaults; one that is left was never declared.
        undeclared = [key for key, value in vars(component).items() if isinstance(value, Field)]
        if undeclared:
            yield f"has the parameter {undeclared[0]}, so it needs @dataclass(frozen=True)"
        declared: tuple[Field[Any], ...] = fields(component)  # type: ignore[arg-type]
        for entry in declared:
            yield from self._faults_of(entry)

    def _faults_of(self, entry: Field[Any]) -> Iterator[str]:
        kind = entry.metadata.get("kind")
        if kind is None or entry.default is MISSING:
            yield f"has a field {entry.name} that isn't declared by xorsweep.fields.field"
            return
        if entry.name == "name":
            yield "has a parameter name, which is where the component itself stands"
        if self._shared and isinstance(kind, Real):
            yield (
                f"has the parameter {entry.name}, a Real, in which members of a batch could "
                f"differ; one batch shares its {self.group}, so it must be an Integer or a Choice"
            )
        try:
            read_value(entry.name, entry.default, kind)
        except ConfigError as error:
            yield f"has a default that isn't allowed: {error}"


@cache
def installed() -> Callable[..., EntryPoints]:
    """Return the installed entry points; reading them is slow, so they are cached."""
    from importlib.metadata import entry_points

    return entry_points().select


def defaults_of(component: type) -> dict[str, Any]:
    """Return the parameters of a component with their defaults, as its YAML would have them."""
    declared: tuple[Field[Any], ...] = fields(component)
    return {entry.name: entry.default for entry in declared if "kind" in entry.metadata}


def _package(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value


def _class_name(component: object) -> str:
    if isinstance(component, type):
        return f"{component.__module__}.{component.__qualname__}"
    return shorten(component)
