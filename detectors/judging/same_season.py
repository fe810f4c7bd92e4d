"""Which past steps belong to the same season: the windows round the same week of earlier years."""

from detectors.judging import parameters as check
from detectors.judging.windows import Offsets


def offsets(years_back: int, window_half_width: int, *, current_year: bool, period: int) -> Offsets:
    """The `window_half_width` steps before the judged one, if wanted, and the windows of each year back."""
    spans = [range(1, window_half_width + 1)] if current_year else []
    middles = range(period, years_back * period + 1, period)
    return spans + [range(middle - window_half_width, middle + window_half_width + 1) for middle in middles]


def check_windows(years_back: int, window_half_width: int, current_year: bool, period: int) -> None:
    """Refuse windows that are empty or reach the judged step."""
    check.whole("years_back", years_back)
    check.whole("window_half_width", window_half_width, least=1)
    check.flag("current_year", current_year)
    check.whole("period", period, least=2)
    if window_half_width >= period:
        raise check.ParameterError(f"window_half_width must be below the period {period}, not {window_half_width}")
    if not years_back and not current_year:
        raise check.ParameterError("years_back must be at least 1 where current_year is false")
