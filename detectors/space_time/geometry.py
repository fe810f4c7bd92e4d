"""Where the locations lie, and for each of them the others by distance: sorted once, used by every scan."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from detectors.judging import parameters as check

EARTH_KM = 6371.0088
"""Mean radius of the Earth (IUGG)."""

_ROWS = 256
"""Locations sorted at a time: what keeps the working memory small."""


@dataclass(frozen=True, slots=True, eq=False)
class Geometry:
    """Locations and the circles round each of them; make it with :meth:`of` and keep it for the scans of every day.

    Attributes
    ----------
    latitude, longitude : (N,) float64
        Degrees.
    order : (N, K) int32
        For each location as a centre all locations from the nearest (itself, or one at the same place) outwards.
    ends : (N, K) bool
        Whether a circle may end there: not between locations at the same distance, nor beyond the limits.
    """

    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    order: NDArray[np.int32]
    ends: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        latitude: ArrayLike,
        longitude: ArrayLike,
        *,
        max_radius_km: float | None = None,
        max_neighbours: int | None = None,
    ) -> "Geometry":
        """Sort the neighbours of every location.

        Distances are great-circle distances, compared to the millimetre. Locations at the same distance of a centre
        (as at the same coordinates) enter a circle together or not at all.

        Parameters
        ----------
        latitude, longitude : (N,) array
            Degrees, -90 … 90 and -180 … 360.
        max_radius_km : float, optional
            No circle is larger.
        max_neighbours : int, optional
            No circle holds more locations besides its centre.

        Raises
        ------
        ParameterError
            A limit that is none.
        ValueError
            Coordinates that are none, or not as many of the one as of the other.

        Examples
        --------
        >>> geometry = Geometry.of([31.2, 39.9, 32.1], [121.5, 116.4, 118.8])
        >>> geometry.order[0].tolist(), round(float(geometry.kilometres(0, [2])[0]))
        ([0, 2, 1], 274)
        """
        if max_radius_km is not None:
            check.number("max_radius_km", max_radius_km, least=0)
        if max_neighbours is not None:
            check.whole("max_neighbours", max_neighbours)
        lat, lon = np.array(latitude, dtype=np.float64), np.array(longitude, dtype=np.float64)
        if lat.ndim != 1 or lat.shape != lon.shape or not lat.size:
            raise ValueError("latitude and longitude must be one number a location, and at least one location")
        if not ((np.abs(lat) <= 90) & (lon >= -180) & (lon <= 360)).all():
            raise ValueError("latitude must lie between -90 and 90, longitude between -180 and 360 degrees")
        size = lat.size
        kept = size if max_neighbours is None else min(size, max_neighbours + 1)
        order, ends = np.empty((size, kept), dtype=np.int32), np.empty((size, kept), dtype=np.bool_)
        for row in range(0, size, _ROWS):
            block = slice(row, row + _ROWS)
            millimetres = np.rint(_kilometres(lat[block, None], lon[block, None], lat, lon) * 1e6).astype(np.int64)
            # A key that holds the location as well sorts by value: faster than finding an order, and ties are settled.
            keys = np.sort(millimetres * size + np.arange(size), axis=1)
            order[block], distances = keys[:, :kept] % size, keys // size
            ends[block, :-1] = distances[:, 1:kept] > distances[:, : kept - 1]
            ends[block, -1] = distances[:, kept] > distances[:, kept - 1] if kept < size else True
            if max_radius_km is not None:
                ends[block] &= distances[:, :kept] <= max_radius_km * 1e6
        for part in (lat, lon, order, ends):
            part.flags.writeable = False
        return cls(lat, lon, order, ends)

    def __len__(self) -> int:
        return self.latitude.size

    def kilometres(self, centre: int, locations: ArrayLike) -> NDArray[np.float64]:
        """Great-circle distances of some locations from one."""
        where = np.asarray(locations, dtype=np.intp)
        return _kilometres(self.latitude[centre], self.longitude[centre], self.latitude[where], self.longitude[where])


def _kilometres(lat: ArrayLike, lon: ArrayLike, lats: ArrayLike, lons: ArrayLike) -> NDArray[np.float64]:
    one, other = np.radians(lat), np.radians(lats)
    across = np.sin((np.radians(lons) - np.radians(lon)) / 2) ** 2
    haversine = np.sin((other - one) / 2) ** 2 + np.cos(one) * np.cos(other) * across
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(haversine, 1.0))))
