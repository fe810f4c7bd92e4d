"""The door: command line, settings, the embedded profile and its supervisor."""

__version__ = "0.1.0"
