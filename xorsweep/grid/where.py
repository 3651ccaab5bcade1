"""Which points a grid keeps: an expression over its columns, parsed, checked and never executed.

`lr*hidden < 8 and optimizer != "sgd"` is read by `ast`, limited to the allowed syntax, and
worked out on whole columns. A comparison with a key that a point doesn't have is false.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.errors import ConfigError
from xorsweep.fields import Boolean, Choice, Field, Nullable, Scalar, String
from xorsweep.fields.values import refusal_message
from xorsweep.grid.columns import Column
from xorsweep.hints import SURE, key_hint
from xorsweep.text import shorten

if TYPE_CHECKING:
    from xorsweep.grid.schema import Schema

KEY = "grid.where"

MOST_CHARACTERS = 10_000
MOST_NESTED = 100
"""Brackets, signs and terms that may stand within each other."""

Columns = Mapping[str, Column]
Evaluate = Callable[[Columns], Any]
"""From columns of N points to a value, or an array (N,): float64, or bool."""

NUMBER, TRUTH, TEXT = "a number", "true or false", "a text"

_ALLOWED = (
    "an expression has keys, numbers, texts in quotes, true, false, + - * / // % **, comparisons, "
    "in, and, or, not"
)
_ARITHMETIC: Mapping[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.FloorDiv: np.floor_divide,
    ast.Mod: np.mod,
    ast.Pow: np.power,
}
_COMPARISONS: Mapping[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}
_WORDS = {"true": True, "false": False}
"""Python's capitalized constants as configurations spell them."""


@dataclass(frozen=True)
class Where:
    """A checked expression: its text, the keys that it names, and how to work it out."""

    text: str
    keys: frozenset[str]
    evaluate: Evaluate

    def rows(self, columns: Columns) -> NDArray[np.int64]:
        """Return the rows at which the expression is true, of columns of N points."""
        count = len(next(iter(columns.values())).codes)
        with np.errstate(all="ignore"):  # 1/0 is infinite, 0/0 compares as false
            return np.flatnonzero(np.broadcast_to(self.evaluate(columns), (count,)))


def read_where(schema: Schema, text: object) -> Where:
    """Return an expression, checked; raises ConfigError for syntax that isn't allowed."""
    if not isinstance(text, str) or not text.strip():
        raise ConfigError(
            f'{KEY}={shorten(text)}: must be an expression over keys, such as "lr*hidden < 8"'
        )
    check_length(text)
    # The text goes into the manifest and the report; line breaks mean nothing in an expression.
    text = _in_one_line(text)
    term = _Reader(schema, text).read(_parsed(text))
    if term.kind != TRUTH:
        raise ConfigError(
            f"{KEY}={shorten(text)}: is {term.kind}; must be true or false at each point, such as "
            "lr < 1"
        )
    return Where(text, term.keys, term.evaluate)


_TEXT_OR_SPACE = re.compile(
    r"""("(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?)|(?:\#[^\n]*|\s)+""", re.DOTALL
)


def check_length(text: str) -> None:
    """Raise ConfigError for an expression that would take long to be read."""
    if len(text) > MOST_CHARACTERS:
        raise ConfigError(
            f"{KEY}: has {len(text):,} characters, and may have {MOST_CHARACTERS:,}; grid.blocks "
            "has one grid after another, each with fewer levels"
        )


def _in_one_line(text: str) -> str:
    """Return an expression with single spaces and without comments; texts in quotes as they are."""
    return _TEXT_OR_SPACE.sub(lambda match: match[1] or " ", text).strip()


def _too_deep() -> ConfigError:
    return ConfigError(f"{KEY}: is nested too deeply; write it in fewer terms")


def _check_brackets(text: str) -> None:
    """Raise ConfigError for more brackets within each other than Python's parser reads quickly."""
    depth = 0
    for character in _TEXT_OR_SPACE.sub("", text):
        depth += (character in "([{") - (character in ")]}")
        if depth > MOST_NESTED:
            raise _too_deep()


def _check_depth(node: ast.AST) -> None:
    """Raise ConfigError for terms too deep to be worked out by functions that call each other."""
    nodes = [node]
    for _ in range(MOST_NESTED):
        # A level of the tree at a time: recursion has to be avoided.
        nodes = [child for each in nodes for child in ast.iter_child_nodes(each)]
    if nodes:
        raise _too_deep()


def _parsed(text: str) -> ast.expr:
    _check_brackets(text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the parser's advice on Python that isn't run
            parsed = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        # The parser counts from 1; where the text ends too early it has 0 or a place behind it.
        is_within = 0 < (error.offset or 0) <= len(text)
        place = f"character {error.offset}" if is_within else "its end"
        raise ConfigError(f"{KEY}={shorten(text)}: can't be read at {place}; {_ALLOWED}") from None
    except (RecursionError, MemoryError):
        raise _too_deep() from None
    except ValueError:
        raise ConfigError(f"{KEY}={shorten(text)}: can't be read; {_ALLOWED}") from None
    _check_depth(parsed)
    return parsed


@dataclass(frozen=True)
class _Term:
    """A part of an expression; `text` is the text itself where it is one, `key` the key."""

    kind: str
    evaluate: Evaluate
    keys: frozenset[str] = frozenset()
    text: str | None = None
    key: str | None = None


@dataclass(frozen=True)
class _Reader:
    """Turns the nodes of an expression into terms; refuses every node that it doesn't know."""

    schema: Schema
    whole: str

    def read(self, node: ast.expr) -> _Term:
        match node:
            case ast.Constant(value=value):
                return self._constant(node, value)
            case ast.Name() | ast.Attribute():
                return self._key(node)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                term = self._read(operand, TRUTH)
                return _Term(TRUTH, lambda c: np.logical_not(term.evaluate(c)), term.keys)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
                term = self._read(operand, NUMBER)
                factor = -1.0 if isinstance(sign, ast.USub) else 1.0
                return _Term(NUMBER, lambda c: factor * term.evaluate(c), term.keys)
            case ast.BinOp(op=op) if type(op) in _ARITHMETIC:
                terms = self._read(node.left, NUMBER), self._read(node.right, NUMBER)
                return _folded(NUMBER, _ARITHMETIC[type(op)], terms)
            case ast.BoolOp(op=op):
                both = np.logical_and if isinstance(op, ast.And) else np.logical_or
                return _folded(TRUTH, both, [self._read(value, TRUTH) for value in node.values])
            case ast.Compare():
                return self._comparison(node)
        raise self._refused(node, f"isn't allowed; {_ALLOWED}")

    def _read(self, node: ast.expr, kind: str) -> _Term:
        term = self.read(node)
        if term.kind != kind:
            raise self._refused(node, f"is {term.kind}, and {kind} is needed there")
        return term

    def _constant(self, node: ast.expr, value: object) -> _Term:
        if isinstance(value, bool):
            return _Term(TRUTH, lambda c: value)
        if isinstance(value, int | float):
            # As float64, as the columns are: Python's integers have no bounds and NumPy's overflow.
            number = _float(value)
            return _Term(NUMBER, lambda c: number)
        if isinstance(value, str):
            return _Term(TEXT, lambda c: value, text=value)
        raise self._refused(node, f"isn't allowed; {_ALLOWED}")

    def _key(self, node: ast.expr) -> _Term:
        key = ast.unparse(node)
        if key in _WORDS:
            return self._constant(node, _WORDS[key])
        fields = self.schema.fields_for(key)
        if not fields:
            raise ConfigError(f"{KEY}={shorten(self.whole)}: {self._hint(key)}")
        kind = _kind(fields[0])
        column = _truths if kind == TRUTH else _numbers
        return _Term(kind, lambda c: column(c.get(key)), frozenset([key]), key=key)

    def _hint(self, key: str) -> str:
        """Return a message about an unknown key, with a suggestion."""
        for known in self.schema.all_keys():
            for field in self.schema.fields_for(known):
                if isinstance(field, Choice) and key in field.names:
                    return f'{key}: is a value of {known} and no key; write "{key}"'
        hint = key_hint(key, self.schema.all_keys(), self.schema.words, likely=SURE)
        # Of a column of results, which is no key, no other word is meant.
        hint = hint or f"known keys: {', '.join(self.schema.keys)}"
        return f"{shorten(key)}: unknown key; {hint}"

    def _comparison(self, node: ast.Compare) -> _Term:
        """Return a comparison, or a chain of them: a < b < c is a < b and b < c."""
        operands = [node.left, *node.comparators]
        terms = [
            self._compared(node, op, left, right)
            for (left, right), op in zip(pairwise(operands), node.ops, strict=True)
        ]
        return _folded(TRUTH, np.logical_and, terms)

    def _compared(self, node: ast.Compare, op: ast.cmpop, left: ast.expr, right: ast.expr) -> _Term:
        if isinstance(op, ast.In | ast.NotIn):
            return self._membership(node, op, left, right)
        if type(op) not in _COMPARISONS:
            raise self._refused(node, f"isn't allowed; {_ALLOWED}")
        one, other = self._alike(self.read(left), self.read(right))
        if one.kind != other.kind:
            raise self._refused(node, f"compares {one.kind} with {other.kind}")
        if one.kind == NUMBER:
            return _folded(TRUTH, _of_present(_COMPARISONS[type(op)]), (one, other))
        if not isinstance(op, ast.Eq | ast.NotEq):
            raise self._refused(node, f"only == and != compare {one.kind} with another")
        if one.kind == TRUTH:
            return _folded(TRUTH, _COMPARISONS[type(op)], (one, other))
        return self._text_comparison(node, one, [other], isinstance(op, ast.NotEq))

    def _membership(
        self, node: ast.Compare, op: ast.cmpop, left: ast.expr, right: ast.expr
    ) -> _Term:
        if not isinstance(right, ast.Tuple | ast.List | ast.Set):
            raise self._refused(right, "after in must stand values in brackets, such as (2, 4)")
        one = self.read(left)
        others = [self._alike(one, self.read(each))[1] for each in right.elts]
        negated = isinstance(op, ast.NotIn)
        if any(other.kind != one.kind or other.keys for other in others):
            raise self._refused(node, f"the values in brackets must each be {one.kind}")
        if one.kind == TEXT:
            return self._text_comparison(node, one, others, negated)
        if one.kind == TRUTH:
            raise self._refused(node, "in is for numbers and texts")
        return _Term(TRUTH, lambda c: _contained(one.evaluate(c), others, negated), one.keys)

    def _alike(self, one: _Term, other: _Term) -> tuple[_Term, _Term]:
        """Return two terms, a number as text if the other is a key whose texts include numbers."""
        if one.kind == NUMBER and other.kind == TEXT:
            other, one = self._alike(other, one)
        elif one.key and one.kind == TEXT and other.kind == NUMBER and not other.keys:
            number = float(other.evaluate({}))
            texts = [t for field in self.schema.fields_for(one.key) for t in _read(field, number)]
            if texts and isinstance(text := texts[0], str):
                other = _Term(TEXT, lambda c: text, text=text)
        return one, other

    def _text_comparison(
        self, node: ast.expr, one: _Term, others: Sequence[_Term], negated: bool
    ) -> _Term:
        """Return whether the text of a key is among others; false where a point has no such key."""
        if one.key is None and len(others) == 1:
            one, others = others[0], [one]
        given = {other.text for other in others}
        if one.key is None or None in given:
            raise self._refused(node, "compare a key with texts in quotes")
        key, fields, texts = one.key, self.schema.fields_for(one.key), set[Scalar]()
        for text in given:
            found = {value for field in fields for value in _read(field, text)}
            if not found:
                raise self._refused(node, refusal_message(key, text, fields[0]).partition(": ")[2])
            texts |= found
        return _Term(TRUTH, lambda c: _has_text(c.get(key), texts, negated), one.keys)

    def _refused(self, node: ast.expr, why: str) -> ConfigError:
        part = ast.unparse(node)
        about = "" if part == self.whole else f"{shorten(part)}: "
        return ConfigError(f"{KEY}={shorten(self.whole)}: {about}{why}")


def _folded(kind: str, function: Callable[[Any, Any], Any], terms: Sequence[_Term]) -> _Term:
    def evaluate(columns: Columns) -> Any:
        # `and` and `or` evaluate all of their terms: on whole columns there is nothing to skip.
        first, *others = (term.evaluate(columns) for term in terms)
        for other in others:
            first = function(first, other)
        return first

    return _Term(kind, evaluate, frozenset().union(*(term.keys for term in terms)))


def _of_present(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return a comparison that is false for a number that isn't there; for NaN all but != are."""
    if compare is not np.not_equal:
        return compare
    return lambda one, other: (one < other) | (one > other)


def _contained(values: Any, others: Sequence[_Term], negated: bool) -> Any:
    found = np.isin(values, [other.evaluate({}) for other in others])
    # A point without the key is in no list, and outside of none either.
    return ~found & ~np.isnan(values) if negated else found


def _float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return np.inf


def _kind(field: Field) -> str:
    if isinstance(field, Nullable):
        return _kind(field.inner)
    if isinstance(field, Boolean):
        return TRUTH
    return TEXT if isinstance(field, Choice | String) else NUMBER


def _read(field: Field, value: Scalar) -> Iterator[Scalar]:
    """Yield the value as a field reads it, if the field allows it."""
    with suppress(ValueError):
        yield field.read(value)


def _numbers(column: Column | None) -> Any:
    """Return a column as float64 (N,), NaN where it doesn't apply."""
    return _looked_up(column, np.nan, lambda level: np.nan if level is None else level)


def _truths(column: Column | None) -> Any:
    return _looked_up(column, False, lambda level: level is True)


def _has_text(column: Column | None, texts: set[Scalar], negated: bool) -> Any:
    return _looked_up(
        column, False, lambda level: level is not None and (level in texts) != negated
    )


def _looked_up(column: Column | None, absent: Any, value_of: Callable[[Any], Any]) -> Any:
    """Return a value for each point (N,), worked out once a level."""
    if column is None:
        return absent
    values: NDArray[Any] = np.array([value_of(level) for level in column.levels], type(absent))
    # One value stands for all points, as NumPy broadcasts it.
    return values[0] if len(values) == 1 else values[column.codes[:]]
