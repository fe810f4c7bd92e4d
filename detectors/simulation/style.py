"""How the pictures look: a light ground, and colours that people who see few colours can tell apart.

The colours are those of Okabe M., Ito K. (2008): Color universal design.
"""

from typing import Any

BLACK, BLUE, RED, GREEN, ORANGE, PINK, SKY = "#000000", "#0072b2", "#d55e00", "#009e73", "#e69f00", "#cc79a7", "#56b4e9"
GREY, PALE, DARK = "#8a8a8a", "#cfcfcf", "#5a5a5a"

STYLE: Any = {
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e4e4e4",
    "font.size": 10,
    "font.family": "DejaVu Sans",
    "svg.hashsalt": "detectors",
    "legend.frameon": False,
}
