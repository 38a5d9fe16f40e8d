"""Does faults to tiny runs of every trainer and to exports, and writes what came of it.

    python -m benchmarks.faults [--part=PART ...]

Parts: kills, operations, workers, disk, damage, clock, folders; without --part all of them. Faults
that `--output` says went as expected are passed over: delete the file to repeat all.
docs/reliability.md has the table. The status is 1 if anything came but what was expected. Full
disks and read-only folders need root, which mounts small file systems; jumps of the clock need
Debian's package faketime; kills before file operations Linux on x86-64.
"""

import argparse
import contextlib
import json
import os
import pathlib
import platform
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# As many threads for all: sums are added up in the order of threads.
os.environ |= {"TF_NUM_INTRAOP_THREADS": "1", "CUDA_VISIBLE_DEVICES": "-1"}

from benchmarks import processes
from benchmarks.faults import clock, damage, disk, folders, kills, operations, runs, table, workers
from zoo.runs import run_folder

OUTPUT = pathlib.Path("docs", "figures", "faults.json")
PARTS = {
    "kills": lambda place, flags: kills.faults(place, flags.kills, flags.seed),
    "operations": lambda place, flags: operations.faults(place),
    "workers": lambda place, flags: workers.faults(place, flags.seed),
    "disk": lambda place, flags: disk.faults(place, flags.seed),
    "damage": lambda place, flags: damage.faults(place, flags.seed),
    "clock": lambda place, flags: clock.faults(place),
    "folders": lambda place, flags: folders.faults(place),
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.faults", description=__doc__.split("\n")[0])
    parser.add_argument("--part", action="append", choices=PARTS, help="one of the parts; all")
    parser.add_argument("--output", type=pathlib.Path, default=OUTPUT, help="a JSON file")
    parser.add_argument("--kills", type=int, default=150, help="at random moments, over all kinds")
    parser.add_argument("--seed", type=int, default=0, help="of the moments and the damage")
    flags = parser.parse_args(arguments)
    record = {"system": f"{platform.system()} {platform.release()}", "faults": {}}
    if flags.output.is_file():
        record = json.loads(flags.output.read_text(encoding="utf-8"))
    record["versions"] = run_folder.versions()
    with tempfile.TemporaryDirectory(prefix="faults_") as folder, _programs(folder) as programs:
        place = runs.Place(programs, pathlib.Path(folder), dict(os.environ))
        planned = {part: PARTS[part](place, flags) for part in PARTS}
        for part in flags.part or PARTS:
            for fault in planned[part]:
                _add(record["faults"], part, fault)
                _write(record, planned, flags.output)
    failed = [name for name, row in record["faults"].items() if row["failures"]]
    print("Not as expected: " + "; ".join(failed) if failed else "Nothing was lost.")
    return 1 if failed else 0


def _write(record, planned, output):
    """Writes the record in the order of the parts, and the table if it is that of the page."""
    names = [fault.name for faults in planned.values() for fault in faults]
    rows = record["faults"]
    record["faults"] = {name: rows[name] for name in names if name in rows}
    record["not_run"] = [name for name in names if name not in rows]
    run_folder.write_json(output, record)
    if output == OUTPUT:
        table.write(record)


@contextlib.contextmanager
def _programs(folder):
    path = pathlib.Path(folder, "programs")
    path.mkdir()
    programs = processes.Programs(path)
    try:
        yield programs
    finally:
        programs.close()


def _add(rows, part, fault):
    """Does a fault whose row is not there or not as expected, adds its row and shows it."""
    if fault.name in rows and not rows[fault.name]["failures"]:
        return
    begin = time.monotonic()
    try:
        outcome = fault.do()
    except Exception as error:  # of any type: the table goes on
        outcome = 1, f"{type(error).__name__}: {' '.join(str(error).split())[-300:]}", 1
    if isinstance(outcome, str):
        outcome = 0, f"not done: {outcome}", 0
    times, result, failures = outcome
    rows[fault.name] = {
        **{"part": part, "times": times, "expected": fault.expected, "result": result},
        **{"failures": failures, "seconds": round(time.monotonic() - begin)},
    }
    print(table.line(fault.name, rows[fault.name]), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
