"""Kills a program with -9 right before one of the operations that change files of a folder.

The kernel stops the program at each of them and waits for this process (seccomp_unotify(2), Linux
5.5 and newer): where the program is killed is exact, and nothing is timed.
"""

import dataclasses
import fcntl
import os
import pathlib
import platform
import select
import signal
import socket
import struct
import tempfile

from benchmarks.faults import watched

_RECEIVE, _SEND = 0xC0502100, 0xC0182101  # ioctls
_GO_ON = 1  # SECCOMP_USER_NOTIF_FLAG_CONTINUE
_HERE = 2**32 - 100  # AT_FDCWD
_DESCRIPTORS = {1, 18, 20, 296, 40, 77, 285, 74, 75}  # operations whose first argument is one
_AT = {257, 264, 316, 263, 258}  # operations on a path relative to the first argument


@dataclasses.dataclass(frozen=True)
class Operation:
    """An operation that changes files.

    Attributes:
        name: of the system call.
        path: of the file; the first one of two.
    """

    name: str
    path: pathlib.Path


def why_not() -> str:
    """The reason why no program can be watched here; empty if one can."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        return "operations are known by their numbers on Linux on x86-64 alone"
    release = tuple(int(part) for part in platform.release().split("-")[0].split(".")[:2])
    return "" if release >= (5, 5) else "the kernel is older than Linux 5.5"


def run(start, folders, number: int | None):
    """Runs a program until it is about to make its operation of a number in some folders.

    Args:
        start: starts a program by its arguments, as `processes.Programs.start` does.
        folders: the folders, and all below them.
        number: the number of the operation, from 0; None: the program is not killed.

    Returns:
        The program, which has ended; and its operations in the folders, to the one that it was
        killed before.
    """
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{folder}/socket")
        server.listen()
        server.settimeout(60)
        program = start("benchmarks/faults/watched.py", f"{folder}/socket")
        connection, _ = server.accept()
        with connection:
            _, (descriptor,), _, _ = socket.recv_fds(connection, 16, 1)
    try:
        found = _watch(descriptor, program, [os.path.realpath(each) for each in folders], number)
    finally:
        os.close(descriptor)
    program.wait()
    return program, found


def _watch(descriptor, program, folders, number):
    """Lets the program go on after each operation, but for the one at which it is killed."""
    found, poll = [], select.poll()
    poll.register(descriptor, select.POLLIN)
    while True:
        if poll.poll()[0][1] & select.POLLHUP:  # it and all that it started have ended
            return found
        notification = bytearray(80)
        try:
            fcntl.ioctl(descriptor, _RECEIVE, notification)
            operation = _operation(*struct.unpack("QIIiIQ6Q", notification)[1:])
            if program.poll() is None and _is_below(operation.path, folders):
                found.append(operation)
                if len(found) - 1 == number:
                    program.send_signal(signal.SIGKILL)
                    program.wait()
                    number = None
            answer = struct.pack("QqiI", *struct.unpack("Q", notification[:8]), 0, 0, _GO_ON)
            fcntl.ioctl(descriptor, _SEND, bytearray(answer))
        except FileNotFoundError:  # it was killed meanwhile
            continue


def _is_below(path, folders):
    return any(path.is_relative_to(folder) for folder in folders)


def _operation(thread, flags, number, machine, pointer, *arguments):
    del flags, machine, pointer
    process = f"/proc/{thread}"
    if number in _DESCRIPTORS:
        path = os.readlink(f"{process}/fd/{arguments[0] & 0xFFFFFFFF}")
    elif watched.OPERATIONS[number] == "copy_file_range":
        path = os.readlink(f"{process}/fd/{arguments[2] & 0xFFFFFFFF}")
    else:
        place = arguments[0] & 0xFFFFFFFF if number in _AT else _HERE
        name = _text(process, arguments[1 if number in _AT else 0])
        base = f"{process}/cwd" if place == _HERE else f"{process}/fd/{place}"
        path = os.path.join(os.readlink(base), name)
    return Operation(watched.OPERATIONS[number], pathlib.Path(os.path.normpath(path)))


def _text(process, address):
    """The text that ends with a zero byte at an address of a process."""
    found = b""
    with open(f"{process}/mem", "rb", buffering=0) as memory:
        while b"\0" not in found:
            memory.seek(address + len(found))
            found += memory.read(4096 - (address + len(found)) % 4096)  # to the page's end
    return os.fsdecode(found.partition(b"\0")[0])
