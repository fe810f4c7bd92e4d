"""The prospective space-time scan: clusters that are alive today, over places given by their coordinates.

>>> from detectors import space_time
>>> towns = space_time.Geometry.of([31.0, 31.1, 34.0], [110.0, 110.0, 110.0])
>>> found = space_time.scan([[0, 1, 0, 0, 1, 6], [1, 0, 0, 1, 0, 5], [2, 0, 1, 3, 1, 0]], towns, max_share=0.8)
>>> found.clusters[0].locations.tolist(), found.clusters[0].days
([0, 1], 1)
"""

from detectors.space_time.clusters import Cluster, Scan
from detectors.space_time.geometry import Geometry
from detectors.space_time.scan import scan

__all__ = ["Cluster", "Geometry", "Scan", "scan"]
