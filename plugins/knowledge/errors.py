"""What can go wrong outside the notes themselves."""


class NotesUnavailable(Exception):
    """The notes cannot be read or written right now. The message says why and what to do."""
