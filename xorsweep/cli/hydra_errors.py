"""Hydra's errors in one line that names the key, the value and the allowed values."""

from __future__ import annotations

import re

from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf.errors import OmegaConfBaseException

from xorsweep.fields import fields_of, is_number, is_whole
from xorsweep.hints import BACKENDS, bare_hint, choice_hint, comma_hint, number_hint
from xorsweep.networks.schema import COMPONENTS, NETWORK_SCHEMA

_FUNCTIONS = "range, linspace, logspace, choice, sort, shuffle, glob"
# Hydra has one class for many errors: which one it is, only its message says.
_UNKNOWN_FUNCTION = re.compile(r"Unknown function '(\w+)'")
_EVALUATING = re.compile(r"while evaluating '.*': (.+)")
_NO_KEY = re.compile(r"Could not override '(.+?)'")
_TO_BE_ADDED = re.compile(r"To append to your default list use \+([^=\s]+)=(\S+)")
_THERE_ALREADY = re.compile(r"An item is already at '(.+?)'|Multiple values for (.+?)\. ")
_PACKAGES = {
    **{f"hydra/sweeper/{name}": f"hydra-{name}-sweeper" for name in ("ax", "nevergrad", "optuna")},
    "hydra/launcher/joblib": "hydra-joblib-launcher",
    "hydra/launcher/submitit_local": "hydra-submitit-launcher",
    "hydra/launcher/submitit_slurm": "hydra-submitit-launcher",
}
"""The packages of choices that Hydra has only as plug-ins."""
_SWEPT = re.compile(r"Ambiguous value for argument '(.+)'")


def explain_hydra_error(error: HydraException | OmegaConfBaseException) -> str:
    """Return a message with the error and the allowed values."""
    if isinstance(error, OmegaConfBaseException):
        key = f"{error.full_key}: " if error.full_key else ""
        return key + str(error).splitlines()[0]
    if isinstance(error, MissingConfigException) and error.options:
        return _no_choice(str(error.missing_cfg_file), list(error.options))
    if isinstance(error, OverrideParseException):
        typed = error.override.replace("\n", r"\n")
        return f"{typed}: {_unreadable(error)}"
    text = str(error)
    if match := _TO_BE_ADDED.search(text):
        return f"{match[1]}: isn't in the defaults; write +{match[1]}={match[2]}"
    if match := _NO_KEY.search(text):
        return f"{match[1]}: {_no_key(match[1])}"
    if match := _THERE_ALREADY.search(text):
        return f"+{match[1] or match[2]}: is already set; omit the +"
    if match := _SWEPT.search(text):
        key, _, text = match[1].partition("=")
        numbers = [rule for rule in NETWORK_SCHEMA.fields_for(key) if is_number(rule)]
        hint = comma_hint(key, text, whole=is_whole(numbers[0])) if numbers else ""
        return f"{match[1]}: several values make a sweep; add -m{hint}"
    # The rest stays in Hydra's words, without the list of the search path behind them.
    return "\n".join([line for line in text.splitlines() if line.strip()][:2])


def _no_choice(file: str, options: list[str]) -> str:
    group, _, name = file.rpartition("/")
    aliases = COMPONENTS[group].aliases if group in COMPONENTS else ()
    words = {**NETWORK_SCHEMA.value_words, "parallel": BACKENDS}.get(group, {})
    hint = choice_hint(name, [*options, *aliases], words)
    if package := _PACKAGES.get(file):
        hint = f"; {name} needs pip install {package}"
    return f"{group}={name}: {group} must be one of {', '.join(options)}{hint}"


def _unreadable(error: OverrideParseException) -> str:
    key, equals, text = error.override.partition("=")
    if not equals:
        return bare_hint(key) or f"needs a value, as in {key}=..."
    if match := _UNKNOWN_FUNCTION.search(error.message):
        return f"no such function: {match[1]}; the functions are {_FUNCTIONS}"
    if match := _EVALUATING.search(error.message):
        return match[1]
    if hint := number_hint(key, text):
        return f"can't be read{hint}"
    return (
        "can't be read; brackets and quotes come in pairs, and a text of other characters than "
        'letters, digits and - _ . / : needs quotes, as in key="text"'
    )


def _no_key(key: str) -> str:
    """Return why a key isn't there: a key of ours belongs to other choices of its group."""
    group, _, name = key.partition(".")
    choices = COMPONENTS[group].usable() if name and group in COMPONENTS else ()
    owners = [choice for choice, each in choices if name in fields_of(each)]
    if owners:
        return f"the chosen {group} has no such key; it is a key of {', '.join(owners)}"
    return "no such key; --help lists the keys, and --cfg hydra those of Hydra"
