"""Reports that are still to come: their delay, and what the last days will count."""
