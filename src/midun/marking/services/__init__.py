"""What people do with registered copies, one function per act."""

from midun.marking.services.batches import BatchProblem, Fate, Finding, check_report, decide, note_copy, submit

__all__ = ["BatchProblem", "Fate", "Finding", "check_report", "decide", "note_copy", "submit"]
