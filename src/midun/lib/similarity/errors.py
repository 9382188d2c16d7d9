"""What can go wrong, each with a Chinese sentence that says what to do."""


class SimilarityError(Exception):
    """Base of all errors of this library; its text is fit for a user."""


class BadKey(SimilarityError):
    """The key file is malformed, or the index was made with another key."""


class CorruptIndex(SimilarityError):
    """A file of the index is damaged, missing or not an index at all."""


class Unreadable(SimilarityError):
    """A file cannot be read; readers turn it into a notice of the document."""


class Refused(Unreadable):
    """A file is refused because reading it would cost too much (bomb, entity attack, nesting)."""
