"""YAML read with the place of every value, so that an error can name file and line."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml


class CatalogueError(Exception):
    """A catalogue file says something that cannot be meant; the text begins with ``file:line``."""

    def __init__(self, file: Path, line: int, message: str) -> None:
        super().__init__(f"{file}:{line}: {message}")
        self.file = file
        self.line = line
        self.message = message


@dataclass(frozen=True, slots=True)
class Value:
    """One node of a YAML file. Readers ask it for what they expect and get an error with its place otherwise."""

    node: yaml.Node
    file: Path

    @property
    def line(self) -> int:
        return int(self.node.start_mark.line) + 1

    @property
    def single(self) -> bool:
        """Whether a single value stands here, neither a mapping nor a list."""
        return isinstance(self.node, yaml.ScalarNode)

    def error(self, message: str) -> CatalogueError:
        """Return an error at this place, for the caller to raise."""
        return CatalogueError(self.file, self.line, message)

    def fields(self, allowed: Iterable[str], required: Iterable[str] = ()) -> dict[str, "Value"]:
        """Return a mapping whose keys are all among `allowed` and hold all of `required`."""
        found = self.entries()
        known = tuple(allowed)
        for key, value in found.items():
            if key not in known:
                raise value.error(f"unknown key {key!r}; known here: {', '.join(sorted(known))}")
        for key in required:
            if key not in found:
                raise self.error(f"{key!r} is missing")
        return found

    def entries(self) -> dict[str, "Value"]:
        """Return a mapping with free keys; a key given twice is an error, where plain YAML keeps the last."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.error("a mapping is expected here")
        found: dict[str, Value] = {}
        for key_node, value_node in self.node.value:
            key = Value(key_node, self.file)
            name = key.text()
            if name in found:
                raise key.error(f"{name!r} is given twice")
            found[name] = Value(value_node, self.file)
        return found

    def items(self) -> Iterator["Value"]:
        """Return the values of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.error("a list is expected here")
        return (Value(node, self.file) for node in self.node.value)

    def text(self) -> str:
        """Return a scalar as it is written."""
        if not isinstance(self.node, yaml.ScalarNode) or not self.node.value:
            raise self.error("a text is expected here")
        return str(self.node.value)

    def choice(self, allowed: Iterable[str]) -> str:
        """Return a text that is one of `allowed`."""
        known = tuple(allowed)
        text = self.text()
        if text not in known:
            raise self.error(f"{text!r} is none of {', '.join(known)}")
        return text

    def scalar(self) -> int | float | str | bool:
        """Return a number, truth value or text, as YAML understands it."""
        if not isinstance(self.node, yaml.ScalarNode):
            raise self.error("a single value is expected here")
        loader = yaml.SafeLoader("")
        value: object = loader.construct_object(self.node)
        if isinstance(value, bool | int | float | str):
            return value
        raise self.error(f"{self.node.value!r} is neither number, truth value nor text")

    def truth(self) -> bool:
        """Return true or false."""
        value = self.scalar()
        if not isinstance(value, bool):
            raise self.error("true or false is expected here")
        return value

    def whole(self, least: int = 1) -> int:
        """Return a whole number of at least `least`."""
        value = self.scalar()
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise self.error(f"a whole number of at least {least} is expected here")
        return value

    def day(self) -> dt.date:
        """Return a civil day written YYYY-MM-DD."""
        try:
            return dt.date.fromisoformat(self.text())
        except ValueError as error:
            raise self.error(f"{self.text()!r} is no day (YYYY-MM-DD)") from error


def read(file: Path) -> Value:
    """Return the root of a YAML file.

    Raises
    ------
    CatalogueError
        If the file cannot be read, is no YAML, or is empty.
    """
    try:
        node = yaml.compose(file.read_text("utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise CatalogueError(file, 1, f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CatalogueError(file, 1, "is not UTF-8") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise CatalogueError(file, line, f"is no YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise CatalogueError(file, 1, f"is no YAML: {error}") from error
    if node is None:
        raise CatalogueError(file, 1, "is empty")
    return Value(node, file)
