"""A catalogue with another word on who speaks: for trials and for tests that turn each method into the voice."""

import dataclasses
from collections.abc import Mapping

from catalogue.levels import Level
from catalogue.model import Catalogue, Judging, MethodUse, Parameter, Policy, Signal, version_of


def override(
    catalogue: Catalogue,
    *,
    method: str,
    speaks: bool,
    signal: str | None = None,
    level: Level | None = None,
    parameters: Mapping[str, Parameter] | None = None,
    alone: bool = False,
) -> Catalogue:
    """Return a copy in which one method speaks, or is silent. Its version differs from the original's.

    Parameters
    ----------
    catalogue
        The original, left as it is.
    method
        The method to change.
    speaks
        Whether its alarms open alerts.
    signal
        Id of the only signal to change; None changes all that judge by the method.
    level
        The only level to change; None changes all that judge by the method.
    parameters
        Replace those of the same names; the others stay.
    alone
        Silence every other method there, so that alerts come from this one only, agreeing with nobody.

    Raises
    ------
    KeyError
        If there is no such signal.
    ValueError
        If there is no such method at the changed levels, or a parameter that it does not have, or too few methods
        are left to speak for what must agree.
    """
    named = catalogue.signals.values() if signal is None else [catalogue.signals[signal]]
    chosen = [one for one in named if signal is not None or _judges_by(one, method, level)]
    if not chosen:
        raise ValueError(f"no signal has the method {method!r}")
    changed = {one.id: _changed(one, method, speaks, level, parameters or {}, alone) for one in chosen}
    signals = {**catalogue.signals, **changed}
    version = version_of(catalogue.diseases, signals, catalogue.annotations)
    return dataclasses.replace(catalogue, signals=signals, version=version)


def _judges_by(signal: Signal, method: str, level: Level | None) -> bool:
    policies = (judging.levels.items() for judging in signal.judgings)
    return any(
        level in (None, name) and any(use.method == method for use in policy.uses)
        for items in policies
        for name, policy in items
    )


def _changed(
    signal: Signal, method: str, speaks: bool, level: Level | None, parameters: Mapping[str, Parameter], alone: bool
) -> Signal:
    def use(one: MethodUse) -> MethodUse:
        if one.method != method:
            return dataclasses.replace(one, speaks=False) if alone else one
        unknown = sorted(set(parameters) - set(one.parameters))
        if unknown:
            raise ValueError(f"{method} has no parameter {unknown[0]!r}")
        merged = {**one.parameters, **parameters}
        minimum = merged.get("minimum", one.minimum)
        assert isinstance(minimum, int)
        return dataclasses.replace(one, parameters=merged, speaks=speaks, minimum=minimum)

    def judging(one: Judging) -> Judging:
        levels = dict(one.levels)
        for name, policy in one.levels.items():
            if level is None or name == level:
                if level is None and all(u.method != method for u in policy.uses):
                    continue
                if all(u.method != method for u in policy.uses):
                    raise ValueError(f"{signal.id} has no method {method!r} at level {name}")
                agree, fallback = ("any", None) if alone else (policy.agree, policy.fallback)
                levels[name] = Policy(tuple(use(u) for u in policy.uses), agree, policy.minimum, fallback)
        return dataclasses.replace(one, levels=levels)

    return dataclasses.replace(signal, judgings=tuple(judging(one) for one in signal.judgings))
