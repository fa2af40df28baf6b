"""What may go wrong with a *run*. A refused article is no error: it is a row in quarantine with a reason.

    DaybookError
    ├── UsageError              the caller asked for something impossible       exit code 2, stop
    │   └── SettingsError       an unknown or unreadable setting or source      exit code 2, stop
    ├── InputError              a file or folder that cannot be read            exit code 1, stop
    ├── WarehouseError          the store cannot be read or written             exit code 1
    │   ├── WarehouseLocked     another process holds the lock too long         retry is safe
    │   └── WarehouseCorrupt    a file is not what the manifest says            stop
    ├── BooksUnbalanced         rows went missing or were doubled in a stage    a bug: stop
    ├── SetGateFailed           too much of all was refused                     pages are kept; a person decides
    └── VerificationFailed      a digest line is not what its source says       nothing is published

Every message says what happened, which thing it happened to, and what to do.
"""

from __future__ import annotations


class DaybookError(Exception):
    """Base of all errors that end a run; `exit_code` is what the command line returns."""

    exit_code = 1


class UsageError(DaybookError):
    """The caller asked for something that cannot be: an unknown option, date, window or id."""

    exit_code = 2


class SettingsError(UsageError):
    """A setting or a source definition is unknown, malformed or out of range."""


class InputError(DaybookError):
    """A file or folder named by the caller cannot be read, or is not what it claims to be."""


class WarehouseError(DaybookError):
    """The warehouse cannot be read or written (disk full, permissions, a missing snapshot)."""


class WarehouseLocked(WarehouseError):
    """Another process has held the warehouse lock for too long; trying again later is safe."""


class WarehouseCorrupt(WarehouseError):
    """A stored file differs from what the manifest says of it."""


class BooksUnbalanced(DaybookError):
    """The counts of a stage do not add up: rows were lost or doubled, which is always a bug."""


class SetGateFailed(DaybookError):
    """So much of a source was refused that the rest of it is in doubt; its pages and reasons are kept."""


class VerificationFailed(DaybookError):
    """A line of a digest is not, letter for letter, what the cited article version says."""
