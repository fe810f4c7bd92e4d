"""How fast it spreads, and what the next days will bring."""
