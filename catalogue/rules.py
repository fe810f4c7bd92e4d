"""Reading of the judging part: methods by level, their parameters, who speaks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from catalogue.document import Value
from catalogue.model import LEVELS, METHODS, SEVERITIES, Level, MethodUse, Parameter, Severity

Probe = Callable[[str, Mapping[str, Parameter]], object]

_USE_KEYS = ("speaks", "minimum", "severity", "parameters")


@dataclass(frozen=True, slots=True)
class MethodDefaults:
    """Parameters of every method where a rule names none, and a probe that refuses impossible ones.

    `probe` is `detectors.build` where the caller has it: the catalogue itself knows names and types, not ranges.
    """

    parameters: Mapping[str, Mapping[str, Parameter]]
    probe: Probe | None


def read_defaults(methods: Value, probe: Probe | None) -> MethodDefaults:
    """Return the default parameters; every method of the catalogue must be there."""
    listed = methods.fields(METHODS, required=METHODS)
    read: dict[str, dict[str, Parameter]] = {}
    for method, value in listed.items():
        read[method] = {name: parameter.scalar() for name, parameter in value.entries().items()}
        _probed(probe, method, read[method], value)
    return MethodDefaults(read, probe)


def read_levels(levels: Mapping[str, Value], defaults: MethodDefaults) -> dict[Level, tuple[MethodUse, ...]]:
    """Return the method uses of each evaluated level; a method that a level does not name is shown with defaults."""
    return {level: _read_uses(levels[level], defaults) for level in LEVELS if level in levels}


def read_severity(value: Value) -> Severity:
    """Return one of the severities."""
    return cast(Severity, value.choice(SEVERITIES))


def _read_uses(level: Value, defaults: MethodDefaults) -> tuple[MethodUse, ...]:
    named = level.fields(METHODS)
    return tuple(
        _read_use(method, named[method], defaults)
        if method in named
        else MethodUse(method, defaults.parameters[method], False, _minimum_in(defaults.parameters[method]))
        for method in METHODS
    )


def _read_use(method: str, value: Value, defaults: MethodDefaults) -> MethodUse:
    fields = value.fields(_USE_KEYS)
    parameters = dict(defaults.parameters[method])
    if "parameters" in fields:
        for name, given in fields["parameters"].fields(parameters).items():
            parameters[name] = _alike(given, parameters[name])
        _probed(defaults.probe, method, parameters, value)
    minimum = fields["minimum"].whole() if "minimum" in fields else _minimum_in(parameters)
    severity = read_severity(fields["severity"]) if "severity" in fields else None
    speaks = fields["speaks"].truth() if "speaks" in fields else False
    return MethodUse(method, parameters, speaks, minimum, severity)


def _minimum_in(parameters: Mapping[str, Parameter]) -> int:
    """Return the minimum that a method applies by itself, 1 where it knows none."""
    value = parameters.get("minimum", 1)
    return value if isinstance(value, int) else 1


def _alike(given: Value, default: Parameter) -> Parameter:
    """Return a value of the default's kind; where the default is a word, a number may stand for it."""
    value = given.scalar()
    if isinstance(default, bool) or isinstance(value, bool):
        fits = isinstance(default, bool) and isinstance(value, bool)
    else:
        fits = isinstance(default, str) or not isinstance(value, str)
    if not fits:
        raise given.error(f"{value!r} cannot stand for {default!r} (a small number is written 0.001, not 1e-3)")
    return value


def _probed(probe: Probe | None, method: str, parameters: Mapping[str, Parameter], place: Value) -> None:
    if probe is None:
        return
    try:
        probe(method, parameters)
    except ValueError as error:
        raise place.error(str(error)) from error
