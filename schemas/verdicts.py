"""What intake says of a record: the codes that journal entries and tables carry."""

from enum import IntEnum


class Verdict(IntEnum):
    """The one verdict of a source offset."""

    VOID = 0
    """The offset holds no record (a transaction marker), or was lost to retention before it was judged."""
    ACCEPTED = 1
    """Now the current state of its identity."""
    DUPLICATE = 2
    """Equal to the current state."""
    SUPERSEDED = 3
    """A higher revision was accepted before."""
    CONFLICT = 4
    """Equal revision, other content, and the content that stands won."""
    REJECTED = 5
    """Bad input; the note names reason and field."""
