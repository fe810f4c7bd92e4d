"""The subcommands, one a module: each holds a click command named `command`, imported when it is asked for."""
