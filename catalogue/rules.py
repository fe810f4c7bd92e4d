"""Reading of the judging part: the policy of each level, its methods, their parameters, who speaks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from catalogue.document import Value
from catalogue.levels import LEVELS, Level
from catalogue.model import METHODS, ON_REQUEST, SEVERITIES, Agree, MethodUse, Parameter, Policy, PolicyError, Severity

Probe = Callable[[str, Mapping[str, Parameter]], object]

_USE_KEYS = ("speaks", "minimum", "severity", "parameters")
_KNOWN = (*METHODS, *ON_REQUEST)
_POLICY_KEYS = ("agree", "minimum", "fallback", "only_named")


@dataclass(frozen=True, slots=True)
class Defaults:
    """Parameters of every method where a rule names none, the policies that have a name, and a probe.

    `probe` refuses impossible parameters; it is `detectors.build` where the caller has it: the catalogue itself knows
    names and types, not ranges.
    """

    parameters: Mapping[str, Mapping[str, Parameter]]
    policies: Mapping[str, Policy]
    probe: Probe | None


def read_defaults(methods: Value, policies: Value | None, probe: Probe | None) -> Defaults:
    """Return the default parameters, where every method that is always judged must be, and the named policies."""
    listed = methods.fields(_KNOWN, required=METHODS)
    read: dict[str, dict[str, Parameter]] = {}
    for method, value in listed.items():
        read[method] = {name: parameter.scalar() for name, parameter in value.entries().items()}
        _probed(probe, method, read[method], value)
    unnamed = Defaults(read, {}, probe)
    entries = {} if policies is None else policies.entries()
    return Defaults(read, {name: _read_policy(value, unnamed) for name, value in entries.items()}, probe)


def read_levels(levels: Mapping[str, Value], defaults: Defaults) -> dict[Level, Policy]:
    """Return the policy of each evaluated level: a named one, or one written out there.

    A method that a policy does not name is shown with its default parameters, unless it judges on request only or the
    policy says ``only_named``.
    """
    return {level: _read_policy(levels[level], defaults) for level in LEVELS if level in levels}


def read_severity(value: Value) -> Severity:
    """Return one of the severities."""
    return cast(Severity, value.choice(SEVERITIES))


def _read_policy(level: Value, defaults: Defaults) -> Policy:
    if level.single:
        name = level.text()
        if name not in defaults.policies:
            known = ", ".join(sorted(defaults.policies)) or "none"
            raise level.error(f"no policy has the name {name!r}; there are {known}")
        return defaults.policies[name]
    named = level.fields((*_KNOWN, *_POLICY_KEYS))
    shown = () if "only_named" in named and named["only_named"].truth() else METHODS
    uses = tuple(
        _read_use(method, named[method], defaults)
        if method in named
        else MethodUse(method, defaults.parameters[method], False, _minimum_in(defaults.parameters[method]))
        for method in _KNOWN
        if method in named or method in shown
    )
    agree = _read_agree(named["agree"]) if "agree" in named else "any"
    minimum = named["minimum"].whole() if "minimum" in named else 1
    fallback = named["fallback"].choice(_KNOWN) if "fallback" in named else None
    try:
        return Policy(uses, agree, minimum, fallback)
    except PolicyError as error:
        raise named[error.key].error(str(error)) from error


def _read_agree(value: Value) -> Agree:
    given = value.scalar()
    if given == "any" or given == "all":
        return "any" if given == "any" else "all"
    if isinstance(given, bool) or not isinstance(given, int) or given < 1:
        raise value.error(f"any, all or a whole number of methods is expected here, not {given!r}")
    return given


def _read_use(method: str, value: Value, defaults: Defaults) -> MethodUse:
    if method not in defaults.parameters:
        raise value.error(f"{method} has no default parameters: defaults.yaml must spell them out")
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
