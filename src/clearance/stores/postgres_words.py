"""What a database says, in words for people, with what to do next."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg

_ROLES = "grant the role what docs/how-to/postgresql.md says"
_NOTHING = "nothing was recorded, and what was recorded before is whole"


def words(error: "psycopg.Error", patience: int) -> tuple[str, str]:
    """Say what went wrong, and what to do; `patience` is for how many seconds one writer waits for another."""
    from psycopg import OperationalError, errors

    said = (error.diag.message_primary or str(error).strip() or type(error).__name__).splitlines()
    match error:
        case errors.LockNotAvailable():
            return f"another process kept the log for {patience} seconds", "try again when it has ended"
        case errors.InsufficientPrivilege():
            return f"the role may not do this: {said[0]}", _ROLES
        case errors.UniqueViolation() | errors.RestrictViolation():
            return "what was recorded is never changed", f"look with `clearance log verify`; {_NOTHING}"
        case errors.DiskFull():
            return "the server's disk is full", f"free some space; {_NOTHING}"
        case errors.ReadOnlySqlTransaction():
            return "the server only reads", "name the primary: target_session_attrs=read-write"
        case OperationalError():
            return f"the server cannot be reached, or ended the connection: {said[0]}", f"check it and try again; {_NOTHING}"
        case _:
            return said[0], f"check the database; {_NOTHING}"
