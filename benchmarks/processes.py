"""Programs of the repository in processes of their own, which need not import TensorFlow again.

One process imports it, for about five seconds, and each program runs in a fork of that process:
with its own flags, output, status and signals.
"""

import contextlib
import gc
import itertools
import json
import os
import pathlib
import runpy
import socket
import subprocess
import sys
import time
import traceback

ROOT = pathlib.Path(__file__).parent.parent


class Program:
    """A program that was started.

    Attributes:
        pid: the number of its process.
    """

    def __init__(self, pid, folder):
        self.pid, self._folder = pid, folder

    def poll(self):
        """The exit status, that of a signal below zero; None while it runs."""
        path = self._folder / "status"
        return int(path.read_text()) if path.is_file() else None

    def wait(self, timeout=300):
        """Waits for the end, and returns the exit status."""
        end = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > end:
                raise TimeoutError(f"The program runs for more than {timeout} seconds.")
            time.sleep(0.01)
        return self.poll()

    def send_signal(self, number):
        """Sends a signal to the process."""
        os.kill(self.pid, number)

    @property
    def returncode(self):
        """The exit status; None while it runs."""
        return self.poll()

    @property
    def stdout(self):
        """Its output."""
        return (self._folder / "stdout").read_text(encoding="utf-8")

    @property
    def stderr(self):
        """Its errors."""
        return (self._folder / "stderr").read_text(encoding="utf-8")


class Programs:
    """Starts programs as `python ARGUMENTS` does in the root of the repository.

    Args:
        folder: where their outputs are kept.
        environment: that of the process which has TensorFlow imported; None: of this one.
    """

    def __init__(self, folder, environment=None):
        self._folder, self._numbers = folder, itertools.count()
        self._server = subprocess.Popen(
            [sys.executable, __file__], cwd=ROOT, env=environment, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip

    def start(self, *arguments, env=None):
        """Starts a program: a file or -m and a module, and its arguments."""
        folder = self._folder / str(next(self._numbers))
        folder.mkdir()
        request = [*map(str, arguments)], dict(env or os.environ), str(folder)
        self._server.stdin.write(json.dumps(request) + "\n")
        self._server.stdin.flush()
        return Program(int(self._server.stdout.readline()), folder)

    def run(self, *arguments, env=None):
        """Runs a program to its end."""
        program = self.start(*arguments, env=env)
        program.wait()
        return program

    def close(self):
        """Ends the process that has TensorFlow imported."""
        with self._server:
            self._server.stdin.close()


def serve():
    """Starts a program for each request that is read."""
    import export.exporting  # noqa: F401
    import zoo.report.page
    import zoo.runs.evaluation
    import zoo.runs.training  # noqa: F401

    gc.freeze()
    for line in sys.stdin:
        if os.fork() == 0:
            arguments, environment, folder = json.loads(line)
            child = os.fork()
            if child == 0:
                become(arguments, environment, pathlib.Path(folder))
            print(child, flush=True)
            _, status = os.waitpid(child, 0)
            written = pathlib.Path(folder, "written")
            written.write_text(str(os.waitstatus_to_exitcode(status)))
            written.rename(written.with_name("status"))
            os._exit(0)
        os.waitpid(-1, os.WNOHANG)


def become(arguments, environment, folder):
    """Runs a program in this process, which gives it its output and environment."""
    files = os.devnull, folder / "stdout", folder / "stderr"
    for number, file in enumerate(files):
        os.dup2(os.open(file, os.O_RDWR | os.O_CREAT), number)
    os.environ.clear()
    os.environ.update(environment)
    status = 0
    try:
        if arguments[0] == "-m":
            sys.argv = arguments[1:]
            runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = arguments
            runpy.run_path(arguments[0], run_name="__main__")
    except SystemExit as ended:
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
        status = 1 if isinstance(ended.code, str) else int(ended.code or 0)
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # to take TensorFlow down would take more than a second


def tf_configs(number: int) -> list[str]:
    """The TF_CONFIG of each of several workers on ports of this machine that nothing listens on."""
    with contextlib.ExitStack() as open_together:
        sockets = [open_together.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind(("localhost", 0))
        hosts = [f"localhost:{each.getsockname()[1]}" for each in sockets]
    return [
        json.dumps({"cluster": {"worker": hosts}, "task": {"type": "worker", "index": index}})
        for index in range(number)
    ]


if __name__ == "__main__":
    sys.path[0] = str(ROOT)
    serve()
