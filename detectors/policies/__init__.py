"""Several methods as one voice: agreement, fallback, and a nation's policies in one call."""
