"""Everything that changes publicity's records: the five kinds alike, and the review of a typical case."""

from midun.publicity.services.cases import (
    CaseLocked,
    SamePerson,
    Unchecked,
    authors_of,
    case_traces,
    publish_case,
    return_case,
    submit_case,
    withdraw_case,
)
from midun.publicity.services.records import (
    DuplicateLink,
    NothingToShow,
    OnPortal,
    Voided,
    add,
    change,
    put_on_portal,
    remove_file,
    restore,
    show_file,
    void,
)

__all__ = [
    "CaseLocked",
    "DuplicateLink",
    "NothingToShow",
    "OnPortal",
    "SamePerson",
    "Unchecked",
    "Voided",
    "add",
    "authors_of",
    "case_traces",
    "change",
    "publish_case",
    "put_on_portal",
    "remove_file",
    "restore",
    "return_case",
    "show_file",
    "submit_case",
    "void",
    "withdraw_case",
]
