"""Levels of series: the four of the area tree, and those of what is no area."""

from typing import Literal

Level = Literal["county", "prefecture", "province", "nation", "port", "origin", "conveyance"]

AREA_LEVELS: tuple[Level, ...] = ("county", "prefecture", "province", "nation")
LEVELS: tuple[Level, ...] = (*AREA_LEVELS, "port", "origin", "conveyance")
"""Every level; a series' level is numbered by its position here."""
