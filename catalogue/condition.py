"""Conditions of signals: a small part of SQL over the columns of a source's records.

One text serves twice: polars runs it here, ClickHouse runs it unchanged in the recount. So only what both understand
alike passes: comparisons with literals, IN, IS NULL, AND, OR, NOT, and of lists notEmpty and has. NULL follows SQL's
three values; a record for which the whole is NULL does not count.
"""

import datetime as dt
import functools
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from schemas import registry
from schemas.sources import CASE_REPORTS, Source, sources

_COMPARISONS: dict[type[exp.Expression], Callable[[pl.Expr, Any], pl.Expr]] = {
    exp.EQ: operator.eq,
    exp.NEQ: operator.ne,
    exp.LT: operator.lt,
    exp.LTE: operator.le,
    exp.GT: operator.gt,
    exp.GTE: operator.ge,
}
_MIRRORED: dict[type[exp.Expression], type[exp.Expression]] = {
    exp.EQ: exp.EQ, exp.NEQ: exp.NEQ, exp.LT: exp.GT, exp.LTE: exp.GTE, exp.GT: exp.LT, exp.GTE: exp.LTE,
}  # fmt: skip

_BAR = "|"
_DECIMAL = re.compile(r"[0-9]+(\.[0-9]+)?")


class ConditionError(ValueError):
    """A condition is no SQL, or uses what a condition may not use."""


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    kind: str
    symbols: tuple[str, ...] = ()


@functools.lru_cache(maxsize=4096)
def expression(text: str, source: str = CASE_REPORTS.name) -> pl.Expr:
    """Return a condition as a boolean polars expression, never null, over frames that `flat` made.

    Parameters
    ----------
    text
        The condition.
    source
        Name of the source whose records it is about.

    Raises
    ------
    ConditionError
        If the text is not one expression of the permitted kind, names a column that the record lacks, or compares a
        column with a value that it cannot hold (an unknown symbol of an enumeration, a text with a number).
    """
    return _Reading(sources()[source]).boolean(_parsed(text)).fill_null(False)


def flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame whose lists of codes are one text each, ``|a|b|``: conditions read them so, and rows can be told
    apart by them."""
    lists = [name for name, dtype in frame.schema.items() if dtype == pl.List(pl.String)]
    if not lists:
        return frame
    bar = pl.lit(_BAR)
    return frame.with_columns(
        pl.when(pl.col(name).list.len() > 0)
        .then(pl.concat_str(bar, pl.col(name).list.join(_BAR), bar))
        .otherwise(pl.lit(""))
        .alias(name)
        for name in lists
    )


@functools.lru_cache(maxsize=4096)
def columns_of(text: str) -> frozenset[str]:
    """Return the columns that a condition reads, so that a caller decodes no more than these."""
    return frozenset(column.name for column in _parsed(text).find_all(exp.Column))


def _parsed(text: str) -> exp.Expression:
    try:
        statements = sqlglot.parse(text, dialect="clickhouse")
    except SqlglotError as error:
        raise ConditionError(f"is no SQL: {str(error).splitlines()[0]}") from error
    if len(statements) != 1 or not isinstance(statements[0], exp.Expression):
        raise ConditionError("must be one SQL expression")
    # A comment would swallow what stands behind the condition in a longer query.
    if any(node.comments for node in statements[0].walk()):
        raise ConditionError("must not hold a comment")
    return statements[0]


class _Reading:
    """Reads a parsed condition over the columns of one source."""

    def __init__(self, source: Source) -> None:
        self._columns = _columns(source.schema_id)
        self._record = registry.schema(source.schema_id)["name"]

    def boolean(self, node: exp.Expression) -> pl.Expr:
        """Return a truth value of SQL: true, false or null."""
        if isinstance(node, exp.Paren):
            return self.boolean(node.this)
        if isinstance(node, exp.And):
            return self.boolean(node.args["this"]) & self.boolean(node.args["expression"])
        if isinstance(node, exp.Or):
            return self.boolean(node.args["this"]) | self.boolean(node.args["expression"])
        if isinstance(node, exp.Not):
            return ~self.boolean(node.this)
        if isinstance(node, exp.In):
            return self._membership(node)
        if isinstance(node, exp.Is):
            if not isinstance(node.expression, exp.Null):
                raise ConditionError("IS is for NULL only")
            return pl.col(self._column(node.this).name).is_null()
        if isinstance(node, exp.ArrayContains) or (isinstance(node, exp.Anonymous) and node.this == "notEmpty"):
            return self._of_list(node)
        if type(node) in _COMPARISONS:
            return self._comparison(node)
        if isinstance(node, exp.Column) and self._column(node).kind == "boolean":
            return pl.col(node.name)
        raise ConditionError(
            f"{node.sql(dialect='clickhouse')!r} is not allowed: only comparisons with literals, IN, IS NULL, AND, OR, "
            "NOT, and of lists notEmpty and has"
        )

    def _comparison(self, node: exp.Expression) -> pl.Expr:
        left, right, kind = node.args["this"], node.args["expression"], type(node)
        if isinstance(right, exp.Column):
            left, right, kind = right, left, _MIRRORED[kind]
        column = self._single(left)
        if column.symbols and kind not in (exp.EQ, exp.NEQ):
            raise ConditionError(f"symbols of {column.name} have no order")
        return _COMPARISONS[kind](pl.col(column.name), _literal(right, column))

    def _membership(self, node: exp.In) -> pl.Expr:
        column = self._single(node.this)
        if not node.expressions or node.args.get("query") is not None or node.args.get("unnest") is not None:
            raise ConditionError("IN needs a list of literals")
        values = [_literal(value, column) for value in node.expressions]
        # OR of equalities, not is_in: the same three-valued logic as SQL for every type.
        return functools.reduce(operator.or_, (pl.col(column.name) == value for value in values))

    def _of_list(self, node: exp.Expression) -> pl.Expr:
        arguments = [node.this, node.expression] if isinstance(node, exp.ArrayContains) else node.expressions
        column = self._column(arguments[0]) if arguments else None
        if column is None or column.kind != "list":
            raise ConditionError("notEmpty and has are for lists of codes")
        if len(arguments) == 1:
            return pl.col(column.name) != ""
        code = arguments[1]
        if not isinstance(code, exp.Literal) or not code.is_string or _BAR in code.this:
            raise ConditionError(f"has({column.name}, …) needs a code in quotes")
        return pl.col(column.name).str.contains(f"{_BAR}{code.this}{_BAR}", literal=True)

    def _single(self, node: exp.Expression) -> _Column:
        column = self._column(node)
        if column.kind == "list":
            raise ConditionError(f"{column.name} is a list: notEmpty({column.name}), has({column.name}, 'code')")
        return column

    def _column(self, node: exp.Expression) -> _Column:
        if not isinstance(node, exp.Column) or node.table:
            raise ConditionError(f"a column of {self._record} is expected, not {node.sql(dialect='clickhouse')!r}")
        column = self._columns.get(node.name)
        if column is None:
            raise ConditionError(f"{self._record} has no column {node.name!r}")
        if column.kind == "timestamp":
            raise ConditionError(f"{column.name} is a point in time; a condition may use days, numbers and codes")
        if column.kind == "pairs":
            raise ConditionError(f"{column.name} holds pairs of name and value; a condition cannot read them")
        return column


def _literal(node: exp.Expression, column: _Column) -> pl.Expr:
    negative = isinstance(node, exp.Neg)
    inner = node.this if negative else node
    wrong = ConditionError(f"{column.name} ({column.kind}) cannot be compared with {node.sql(dialect='clickhouse')!r}")
    if isinstance(inner, exp.Boolean) and column.kind == "boolean" and not negative:
        return pl.lit(bool(inner.this))
    if not isinstance(inner, exp.Literal):
        raise wrong
    text = str(inner.this)
    if column.kind == "integer" and not inner.is_string and text.isdigit():
        return pl.lit(-int(text) if negative else int(text))
    if column.kind == "number" and not inner.is_string and _DECIMAL.fullmatch(text):
        return pl.lit(-float(text) if negative else float(text))
    if inner.is_string and not negative:
        if column.symbols and text not in column.symbols:
            raise ConditionError(f"{column.name} is never {text!r}; it is one of {', '.join(column.symbols)}")
        if column.kind == "text":
            return pl.lit(text)
        if column.kind == "day":
            try:
                return pl.lit(dt.date.fromisoformat(text))
            except ValueError:
                raise wrong from None
    raise wrong


@functools.cache
def _columns(schema_id: int) -> Mapping[str, _Column]:
    schema = registry.schema(schema_id)
    return {field["name"]: _column_of(field["name"], field["type"]) for field in schema["fields"]}


def _column_of(name: str, avro: Any) -> _Column:
    if isinstance(avro, list):
        avro = next(branch for branch in avro if branch != "null")
    if isinstance(avro, dict):
        if avro["type"] == "enum":
            return _Column(name, "text", tuple(avro["symbols"]))
        if avro["type"] == "array":
            return _Column(name, "list" if avro["items"] == "string" else "pairs")
        return _Column(name, {"date": "day", "timestamp-millis": "timestamp"}[avro["logicalType"]])
    kinds = {"string": "text", "int": "integer", "long": "integer", "boolean": "boolean", "double": "number"}
    return _Column(name, kinds[avro])
