"""Generalised likelihood-ratio charts: the change, its best rate, and the window in which it began."""
