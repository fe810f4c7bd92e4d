"""What follows an alarm: episodes, identity, transitions. Pure functions."""
