"""What every method shares: counts in, verdicts out, and the ways from one to the other."""
