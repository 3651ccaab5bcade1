"""Suggestions for common mistakes and for names of other programs: tables and lookups.

A table maps a key, a value or a sentence to other words for it. Words are
compared without capitals and marks: `learning_rate`, `learningRate` and `learning-rate` are one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from difflib import get_close_matches

Table = Mapping[str, str]
"""Words separated by spaces, by their meaning."""

KEYS: Table = {
    "max_seeds": "max_runs max_trials",
    "parallel.n_jobs": "n_jobs jobs workers n_workers num_workers max_workers processes n_procs "
    "cpus n_cpus cores threads",
    "parallel.address": "scheduler scheduler_address",
    "plan": "dry_run dryrun preview",
    "resume": "continue restart resume_from checkpoint",
    "study": "paper",
    "grid.where": "where filter constraint",
    "grid.zip": "zip",
    "grid.blocks": "blocks",
    "hydra.sweep.dir": "out out_dir output_dir output_path output_folder save_dir log_dir folder "
    "dir directory",
}
"""Other words for the keys of any sweep, by key."""

BACKENDS: Table = {
    "loky": "joblib multiprocessing process processes local",
    "serial": "none null off no single sequential",
    "dask": "distributed cluster",
}
"""Other words for the backends of `parallel`."""

BARE: Table = {
    "a sweep is python -m xorsweep -m": "sweep multirun grid run_sweep",
    "a single run is python -m xorsweep, with values alone behind it": "run train start fit",
    "python -m xorsweep --help lists everything": "help usage h",
    "a subcommand is the first word: python -m xorsweep COMMAND": "status verify merge replay "
    "report compare zoom check function experiment",
    "the newest sweep is resumed by -m resume=latest": "latest continue",
}
"""Words without an equals sign."""

TRUTHS: Table = {"true": "yes on y t 1", "false": "no off n f 0 none null"}
NOTHING: Table = {"null": "none nothing no off nil na nan false"}
FOLDERS: Table = {"latest": "last newest recent true yes 1"}

MARKS = r"(?:-|\u2013|\u2014|~|\.{2,}|\u2026|\bto\b)"
NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
SURE, PROBABLE, LIKELY = 0.8, 0.6, 0.5
"""Likeness from which on a word of the tables, a name of a choice, and a key are meant."""


def _span(key: str, first: str, last: str) -> str:
    step = 1 if int(first) <= int(last) else -1
    more = "" if step == 1 else f",{step}"
    return f"write {key}=range({first},{int(last) + step}{more}) for {first} to {last}"


def _number(key: str, number: float) -> str:
    return f"write {key}={number:.12g}"


_Write = Callable[..., str]
FORMS: Iterable[tuple[str, _Write]] = (
    # The first form that fits is taken, so narrow ones stand before wide ones.
    (rf"(\d{{1,10}})\s*{MARKS}\s*(\d{{1,10}})", _span),
    (rf"({NUMBER})\s*{MARKS}\s*({NUMBER})", "write {0}=linspace({1},{2},10)".format),
    (r"(\d+):(\d+)", "write {0}=range({1},{2}), which ends before {2}".format),
    (
        rf"({NUMBER}):({NUMBER}):({NUMBER})",
        "write {0}=range(start,stop,step) or {0}=linspace(from,to,count)".format,
    ),
    (r"([-+]?\d+),(\d+)", "a decimal number has a point, {0}={1}.{2}".format),
    (
        r"(\d{1,3})[ _'\u2019](\d{3})",
        "a number has no marks between its digits, {0}={1}{2}".format,
    ),
    (rf"({NUMBER})\s*%", lambda key, share: _number(key, float(share) / 100)),
    (r"10\s*(?:\^|\*\*)\s*([-+\u2212]?\d{1,3})", "write {0}=1e{1}".format),
    (
        r"(\d{1,9})\s*/\s*([1-9]\d{0,8})",
        lambda key, top, bottom: _number(key, int(top) / int(bottom)),
    ),
    (rf"({NUMBER})\s*[kK]", lambda key, count: _number(key, float(count) * 1e3)),
    (rf"({NUMBER})\s*M", lambda key, count: _number(key, float(count) * 1e6)),
    (r"\u2212(.+)", "write {0}=-{1}".format),
    (r"0\d+", lambda key: "a number has no 0 before it, and commas stand between levels"),
    (rf"({NUMBER})", "this is a text; leave out the quotes, {0}={1}".format),
    (r"[(\[{](.+)[)\]}]", "levels have commas between them and no brackets, {0}={1}".format),
    (r"(.+),\s*", "leave out the last comma, {0}={1}".format),
    (
        rf"({NUMBER})[\s;|]+({NUMBER})",
        "levels have commas between them, {0}={1},{2}".format,
    ),
    (r"=\s*(.+)", "write {0}={1}".format),
    (r"(?:np|numpy|math|torch)\.((?:lin|log)space\(.+\))", "write {0}={1}".format),
)
"""Other ways to write one number or several, each with a function that corrects it."""


def _plain(word: str) -> str:
    is_number = re.fullmatch(NUMBER, word.strip())  # of which a mark is a sign or a point
    return word.strip() if is_number else re.sub(r"[\W_]", "", word.lower())


def _by_word(table: Table) -> dict[str, str]:
    return {_plain(word): meant for meant, words in table.items() for word in words.split()}


_BARE, _TRUTHS, _NOTHING, _FOLDERS = map(_by_word, (BARE, TRUTHS, NOTHING, FOLDERS))
_FORMS = [(re.compile(pattern), write) for pattern, write in FORMS]


def key_hint(key: str, known: Collection[str], words: Table, likely: float = LIKELY) -> str | None:
    """Return the likely meaning of an unknown key; None where no known key is as near as that."""
    by_word = _by_word(words)
    group, dot, name = key.rpartition(".")
    # Exact words first, also of the last part alone, before words that are only alike.
    exact = _meant(key, by_word, known, sure=1.0) or _meant(name, by_word, known, sure=1.0)
    prefix = group + dot
    siblings = [each.removeprefix(prefix) for each in known if dot and each.startswith(prefix)]
    if exact or not siblings:
        return exact or _meant(key, by_word, known) or _near(key, known, likely)
    # Without the group, which makes any two of its keys alike.
    near = get_close_matches(name, siblings, n=1, cutoff=likely)
    return f"did you mean {prefix}{near[0]}?" if near else None


def meant_key(word: str, known: Collection[str], words: Table) -> str | None:
    """Return the key that a word is, or almost certainly means; None where there is none."""
    by_word = {_plain(each): each for each in known}
    meant = by_word.get(_plain(word)) or _by_word(words).get(_plain(word))
    return meant if meant in known else None


def choice_hint(name: str, names: Collection[str], words: Table) -> str:
    """Return the likely meaning of an unknown name, as the end of a line; or nothing."""
    # The names are listed anyway, so that a guess has to be a good one, or a word of one name.
    of_word = [each for each in names if name.lower() in each.split("_")]
    if len(of_word) == 1:
        close: str | None = f"did you mean {of_word[0]}?"
    else:
        close = _near(name.lower(), names, PROBABLE)
    return _ending(_meant(name, _by_word(words), names) or close)


def truth_hint(value: object) -> str:
    """Return which of true and false is meant, as the end of a line; or nothing."""
    # Without the point of 1.0, which isn't looked at: 10 would be the same word.
    word = f"{value:g}" if isinstance(value, float) else str(value)
    return _ending(_meant(word, _TRUTHS, ["true", "false"], sure=1.0))


def null_hint(value: object) -> str:
    """Return that null is meant, as the end of a line; or nothing."""
    return _ending(_meant(str(value), _NOTHING, ["null"], sure=1.0))


def folder_hint(name: str) -> str:
    """Return that the newest sweep is meant, as the end of a line; or nothing."""
    return _ending(_meant(name, _FOLDERS, ["latest"]))


def number_hint(key: str, text: str) -> str:
    """Return how a number, or several, are written here, as the end of a line; or nothing."""
    for pattern, write in _FORMS:
        if match := pattern.fullmatch(text.strip()):
            return _ending(write(key, *match.groups()))
    return ""


def comma_hint(key: str, text: str, whole: bool) -> str:
    """Return which number may be meant by levels, as the end of a line; or nothing.

    That is one with a decimal comma or, where numbers are `whole`, with commas between thousands.
    """
    if whole and re.fullmatch(r"\d{1,3}(,\d{3})+", text):
        return f"; a number has no commas in it, {key}={text.replace(',', '')}"
    if not whole and re.fullmatch(r"([-+]?\d+,\d+)(,[-+]?\d+,\d+)*", text):
        meant = re.sub(r"(\d+),(\d+)", r"\1.\2", text)
        return f"; a decimal number has a point, {key}={meant}"
    return ""


def bare_hint(argument: str) -> str | None:
    """Return the likely meaning of an argument without an equals sign, or None."""
    if match := re.fullmatch(r"([A-Za-z_][\w.]*)\s*:\s*(.+)", argument):
        return f"write {match[1]}={match[2]}"
    if re.fullmatch(NUMBER, argument):
        return "levels have commas between them and no spaces, as in lr=0.1,0.5"
    near = get_close_matches(_plain(argument), _BARE, n=1, cutoff=SURE)
    return _BARE[near[0]].replace("COMMAND", near[0]) if near else None


def close_word(word: str, known: Collection[str]) -> str | None:
    """Return the known word that an unknown one almost certainly means, or None."""
    return next(iter(get_close_matches(_plain(word), known, n=1, cutoff=SURE)), None)


def _meant(
    word: str, by_word: Mapping[str, str], known: Collection[str], sure: float = SURE
) -> str | None:
    """Return the sentence or the question that a table has for a word, or one very much like it.

    A known word is meant by itself, too, however its capitals and marks are written.
    """
    words = {each: meant for each, meant in by_word.items() if " " in meant or meant in known}
    words |= {_plain(each): each for each in known}
    near = get_close_matches(_plain(word), words, n=1, cutoff=sure)
    if not near:
        return None
    meant = words[near[0]]
    return meant if " " in meant else f"did you mean {meant}?"


def _near(word: str, known: Collection[str], likely: float) -> str | None:
    near = get_close_matches(word, known, n=1, cutoff=likely)
    return f"did you mean {near[0]}?" if near else None


def _ending(hint: str | None) -> str:
    return f"; {hint}" if hint else ""
