"""What keeps the gateway from starting."""


class BootError(Exception):
    """The gateway cannot start. The message is one sentence for the person who starts it."""
