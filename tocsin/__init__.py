"""The door: command line, settings, embedded profile, supervisor."""
