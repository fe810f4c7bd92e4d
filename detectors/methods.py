"""Every method by the name under which the catalogue calls it."""

import dataclasses
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from detectors.absence import Absence
from detectors.bayes import Bayes
from detectors.beta_binomial import BetaBinomial
from detectors.cdc import Cdc
from detectors.cusum.binomial import BinomialCusum
from detectors.cusum.method import Cusum
from detectors.ears import C1, C2, C3
from detectors.essence import Essence
from detectors.farrington.flexible import FarringtonFlexible
from detectors.farrington.original import Farrington
from detectors.first_ever import FirstEver
from detectors.fixed_threshold import FixedThreshold
from detectors.glr.method import Glr
from detectors.judging.parameters import ParameterError
from detectors.judging.protocol import Detector
from detectors.judging.windowed import PARAMETERS, Windowed
from detectors.k_in_window import KInWindow
from detectors.maxsprt.binomial import MaxSprtBinomial
from detectors.maxsprt.poisson import MaxSprt
from detectors.outbreak_p import OutbreakP
from detectors.percentile import Percentile
from detectors.places import KPlaces
from detectors.rki import Rki
from detectors.shewhart import Shewhart
from detectors.single_case import SingleCase
from detectors.w8 import W8

_METHODS: dict[str, Callable[..., Detector]] = {
    "absence": Absence,
    "bayes": Bayes,
    "beta_binomial": BetaBinomial,
    "binomial_cusum": BinomialCusum,
    "c1": C1,
    "c2": C2,
    "c3": C3,
    "cdc": Cdc,
    "cusum": Cusum,
    "cusum_rossi": partial(Cusum, transform="rossi"),
    "essence": Essence,
    "farrington": Farrington,
    "farrington_flexible": FarringtonFlexible,
    "first_ever": FirstEver,
    "fixed_threshold": FixedThreshold,
    "glr": Glr,
    "k_in_window": KInWindow,
    "k_places": KPlaces,
    "maxsprt": MaxSprt,
    "maxsprt_binomial": MaxSprtBinomial,
    "outbreak_p": OutbreakP,
    "percentile": Percentile,
    "rki": Rki,
    "shewhart": Shewhart,
    "single_case": SingleCase,
    "w8": W8,
}


def methods() -> tuple[str, ...]:
    """The names that `build` knows, sorted."""
    return tuple(sorted(_METHODS))


def build(method: str, parameters: Mapping[str, Any]) -> Detector:
    """A detector from a method's name and its parameters; those not given have the defaults of its class.

    Parameters
    ----------
    method : str
        One of `methods()`.
    parameters : mapping
        As the class of the method documents them; besides, for every method, `sum_over` and `overlapping`: see
        :class:`detectors.judging.windowed.Windowed`.

    Raises
    ------
    ParameterError
        Unknown method or parameter, or a value outside its range.
    """
    if method not in _METHODS:
        raise ParameterError(f"no method {method!r}; there are {', '.join(methods())}")
    factory = _METHODS[method]
    fixed = factory.keywords if isinstance(factory, partial) else {}
    cls = factory.func if isinstance(factory, partial) else factory
    known = [field.name for field in dataclasses.fields(cls) if field.name not in fixed]  # type: ignore[arg-type]
    for name in parameters:
        if name not in known and name not in PARAMETERS:
            raise ParameterError(f"{method} has no parameter {name!r}; it has {', '.join((*known, *PARAMETERS))}")
    detector = factory(**{name: value for name, value in parameters.items() if name not in PARAMETERS})
    if "sum_over" in parameters:
        return Windowed(detector, **{name: parameters[name] for name in PARAMETERS if name in parameters})
    if "overlapping" in parameters:
        raise ParameterError("overlapping needs sum_over: there are no sums")
    return detector
