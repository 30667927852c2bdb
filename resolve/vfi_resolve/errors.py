"""What the adapter says when it cannot go on; each text is fit for a window."""

from __future__ import annotations


class RetimeError(Exception):
    """Base of all; its text says what was got, what is allowed and what to do next."""


class StudioNeededError(RetimeError):
    """The free edition, whose scripts may do nothing of this."""


class NothingToRetimeError(RetimeError):
    """No clip, or one without frames of its own."""


class WrongInputError(RetimeError):
    """What was typed into the window cannot be."""


class HostRefusedError(RetimeError):
    """Resolve did not do what it was asked, whatever it answered."""
