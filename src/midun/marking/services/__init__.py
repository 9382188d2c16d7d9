"""What people do with registered copies, one function per act."""

from midun.marking.services.batches import (
    BatchProblem,
    Fate,
    Finding,
    check_report,
    decide,
    note_copy,
    postpone,
    submit,
)
from midun.marking.services.disclosures import batch_proof, copy_of, disclose, disclosure_file, withdraw

__all__ = [
    "BatchProblem",
    "Fate",
    "Finding",
    "batch_proof",
    "check_report",
    "copy_of",
    "decide",
    "disclose",
    "disclosure_file",
    "note_copy",
    "postpone",
    "submit",
    "withdraw",
]
