"""Runs a program that another process watches: SOCKET, then the program and its arguments.

From here on the kernel stops this process at each operation that changes files, and asks the
process that listens at SOCKET what to do (seccomp_unotify(2)); see `watching.py`.
"""

import ctypes
import os
import runpy
import socket
import struct
import sys

# The numbers of x86-64's operations that change files, each with the way to find the path.
OPERATIONS = {
    1: "write", 18: "pwrite64", 20: "writev", 296: "pwritev", 40: "sendfile",
    326: "copy_file_range", 77: "ftruncate", 285: "fallocate", 74: "fsync", 75: "fdatasync",
    2: "open", 257: "openat", 85: "creat", 76: "truncate",
    82: "rename", 264: "renameat", 316: "renameat2", 87: "unlink", 263: "unlinkat",
    83: "mkdir", 258: "mkdirat", 84: "rmdir", 86: "link", 265: "linkat", 88: "symlink",
    266: "symlinkat",
}  # fmt: skip
_FLAGS = {2: 1, 257: 2}  # the place of the flags among the arguments, where reading is no change
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_NOTIFY, _ALLOW = 0x7FC00000, 0x7FFF0000  # SECCOMP_RET_USER_NOTIF, SECCOMP_RET_ALLOW
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06  # of BPF
_X86_64 = 0xC000003E
_SECCOMP, _SET_FILTER, _NEW_LISTENER, _NO_NEW_PRIVILEGES = 317, 1, 8, 38


def instructions() -> bytes:
    """The BPF program of the filter: notify of `OPERATIONS`, allow all others."""
    found = [(_LOAD, 4, 0, 0), (_EQUAL, _X86_64, 1, 0), (_RETURN, _ALLOW, 0, 0), (_LOAD, 0, 0, 0)]
    for number in OPERATIONS:
        if number in _FLAGS:
            found += [
                *((_EQUAL, number, 0, 4), (_LOAD, 16 + 8 * _FLAGS[number], 0, 0)),
                *((_ANY_BIT, _WRITING, 0, 1), (_RETURN, _NOTIFY, 0, 0), (_RETURN, _ALLOW, 0, 0)),
            ]
        else:
            found += [(_EQUAL, number, 0, 1), (_RETURN, _NOTIFY, 0, 0)]
    found.append((_RETURN, _ALLOW, 0, 0))
    return b"".join(struct.pack("HBBI", code, yes, no, value) for code, value, yes, no in found)


def listener() -> int:
    """Filters all further operations of this process; returns the descriptor to watch them by."""
    libc = ctypes.CDLL(None, use_errno=True)
    program = ctypes.create_string_buffer(instructions())
    header = struct.pack("HxxxxxxP", len(instructions()) // 8, ctypes.addressof(program))
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    found = libc.syscall(_SECCOMP, _SET_FILTER, _NEW_LISTENER, ctypes.create_string_buffer(header))
    if found < 0:
        raise OSError(ctypes.get_errno(), "This kernel has no seccomp notifications")
    return found


def main():
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(sys.argv[1])
        descriptor = listener()
        socket.send_fds(connection, [b"listener"], [descriptor])
        os.close(descriptor)
    sys.argv = sys.argv[2:]
    if sys.argv[0] == "-m":
        sys.argv = sys.argv[1:]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
