"""Errors that a user can act on; commands print them in one sentence."""

import errno
import functools
import os
import sys
from collections.abc import Callable


class ZooError(Exception):
    """A request that cannot be met; the message names what was received and what would do."""


class SpecError(ZooError, ValueError):
    """A spec names an unknown part, an unknown argument, or a combination that cannot work."""


class DataError(ZooError):
    """A data set is missing, empty or unreadable."""


class RunFolderError(ZooError):
    """A run folder is in use, unwritable, empty, or holds a different experiment."""


class PretrainedError(ZooError):
    """A published model is unknown, cannot be fetched, or is damaged."""


class WorkerError(ZooError):
    """Another worker of a run is gone, or sees another run folder."""


class TrainingDivergedError(ZooError, FloatingPointError):
    """A loss or a weight is no longer finite."""


def require(condition: bool, message: str) -> None:
    """Raises SpecError with `message` unless `condition` holds."""
    if not condition:
        raise SpecError(message)


def explained(main: Callable[..., object]) -> Callable[..., object]:
    """Wraps a main function to report errors in a sentence instead of a traceback.

    Args:
        main: raises ZooError or KeyboardInterrupt, or returns.

    Returns:
        A function that does what `main` does, and ends the process with status 1 after a
        ZooError or an OSError, 130 after Ctrl-C, and 141 if nobody reads its output any more.
    """

    @functools.wraps(main)
    def explaining(*arguments):
        try:
            result = main(*arguments)
            sys.stdout.flush()  # short answers meet a closed pipe only now
            return result
        except ZooError as error:
            print(f"\nError: {error}", file=sys.stderr)
            sys.exit(1)
        except BrokenPipeError:  # what reads the output, such as `head`, has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(141)
        except OSError as error:  # a full disk, a folder that was taken away
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            remedy = ". Make room, and run the same command again." if full else ""
            print(f"\nError: {error}{remedy}", file=sys.stderr)
            sys.exit(1)
        except KeyboardInterrupt as interrupt:
            print(f"\n{interrupt}", file=sys.stderr)
            sys.exit(130)

    return explaining
