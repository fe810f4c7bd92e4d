"""How well the methods find outbreaks whose weeks are known: simulated series, and labelled real ones.

`python -m detectors.simulation` writes the tables and pictures of ``docs/``; the modules serve alone as well.

>>> from detectors.simulation import generate, tally
>>> import detectors
>>> batch = generate(1, seed=1, role="test")
>>> batch.counts.shape
(42, 624)
>>> c2 = detectors.build("c2", {})
>>> found = tally(c2.judge(batch.counts, first=575).alarm, c2.judge(batch.quiet, first=575).alarm, batch.outbreak)
>>> found.series, int(found.detected.sum()) <= 42
(42, True)
"""

from detectors.simulation.generator import Batch, generate
from detectors.simulation.measures import Tally, tally
from detectors.simulation.scenarios import SCENARIOS, Scenario

__all__ = ["SCENARIOS", "Batch", "Scenario", "Tally", "generate", "tally"]
