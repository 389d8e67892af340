"""Why a run stops, grouped by who must act.

    TargetError
      ConfigError        who wrote the config: nothing was sent
      InputError         who runs the tap: a line or message breaks the Singer contract
      VendorError        who holds the vendor account: key, route, TLS, or a vendor that is down
      LocalError         who runs the machine: disk, permissions, a closed stdout
      RecordsRejected    who owns the data: the run went through, some records did not
      RemovalsHeld       who owns the data: more is gone than may be removed at once
      BooksError         us: the books do not balance
      Stopped            nobody: a signal ended the run

A bad record is not an exception: it is a value (`model.Faulty`, `model.Rejection`).
No message holds a record's value or a secret.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from target_gleantap.model import Fault

DISK_FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
"""What the system says where nothing more can be written."""


class TargetError(Exception):
    """The run stops. `exit_code` is what the process ends with."""

    exit_code = 1


class ConfigError(TargetError):
    """The config or a mapping is wrong. Carries every fault; no request was made for it."""

    exit_code = 2

    def __init__(self, faults: Sequence[Fault], *, about: str = "The config") -> None:
        """Say all the faults in one message, one a line."""
        self.faults = tuple(faults)
        count = len(self.faults)
        noun = "fault" if count == 1 else "faults"
        lines = "\n".join(f"  {number}. {fault}" for number, fault in enumerate(self.faults, 1))
        super().__init__(f"{about} has {count} {noun}; nothing was sent for it:\n{lines}")


class InputError(TargetError):
    """A line that is not a Singer message, or a message out of place. The tap must be mended."""

    exit_code = 4


class VendorError(TargetError):
    """The vendor cannot or will not serve this run. No record is to blame, none is rejected."""

    exit_code = 3


class LocalError(TargetError):
    """This machine is in the way: a full disk, a missing right, a closed pipe."""

    exit_code = 5


class RecordsRejected(TargetError):
    """The run went through, and rejected more than `on_reject` and `max_rejects` allow."""

    exit_code = 1


class RemovalsHeld(TargetError):
    """More is gone at the source than `max_removals` allows: nothing was removed, all else went."""

    exit_code = 7


class BooksError(TargetError):
    """The books do not balance. This is a defect of the target: please report it."""

    exit_code = 6


class Stopped(TargetError):
    """A signal ended the run; what was in flight is settled, the last safe state is written."""

    def __init__(self, signum: int) -> None:
        """Exit as a shell reports a signal: 128 + its number."""
        self.signum = signum
        self.exit_code = 128 + signum
        super().__init__(f"Stopped by signal {signum}")


def closest(name: str, known: Iterable[str]) -> str:
    """The closest known spelling, or an empty text."""
    by_folded = {word.casefold(): word for word in known}
    close = get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[close[0]] if close else ""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint that names the closest known spelling, or an empty text."""
    close = closest(name, known)
    return f"did you mean {close}?" if close else ""
