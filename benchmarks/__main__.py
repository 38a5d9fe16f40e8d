"""Times training steps and sampling against PyTorch, and compares both with goals.

    python -m benchmarks

PyTorch runs the same architectures with the same sizes and number of threads; each task is timed in
turn with PyTorch's, round after round. Prints a table of the rounds' median ratios with quartiles,
and of the share that each task gets of the processor's speed at products of large matrices,
measured in the same rounds. All times go to docs/figures/benchmarks-PROCESSOR.json. PyTorch is an
optional dependency: `pip install '.[benchmark]'` first.

On a machine that other programs use, `--threads=1 --clock=processor` compares processor time.
"""

import importlib.metadata
import json
import os
import pathlib

from benchmarks import adversarial, autoregressive, machine, options, rows, side_by_side

PACKAGES = ("tensorflow", "keras", "torch")
PROGRAMS = {"autoregressive": autoregressive.CASES, "adversarial": adversarial.CASES}
CASES = {name: case for cases in PROGRAMS.values() for name, case in cases.items()}
FIGURES = pathlib.Path(__file__).parent.parent / "docs/figures"


def main() -> None:
    parser = options.parser(__doc__, CASES, rounds=10)
    parser.add_argument("--output", type=pathlib.Path, help="another JSON file")
    given = parser.parse_args()
    options.require_torch()
    processor = machine.processor()
    path = given.output or FIGURES / f"benchmarks-{machine.file_name(processor)}.json"
    found = {
        "processor": processor,
        "threads": given.threads,
        "rounds": given.rounds,
        "clock": given.clock,
        "load_before": os.getloadavg()[0],
        "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
        "rows": [],
    }
    print(f"{machine.sentence(processor)}\n")
    print(side_by_side.row(*rows.HEADER), side_by_side.row(*["---"] * len(rows.HEADER)), sep="\n")
    for program, cases in PROGRAMS.items():
        chosen = [case for name, case in cases.items() if name in given.only]
        measured = side_by_side.measure(program, chosen, given.threads, given.rounds, given.clock)
        for case, times in zip(chosen, measured, strict=True):
            made = list(rows.build(case, times))
            found["rows"] += made
            print(*map(rows.line, made), sep="\n", flush=True)
            path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    peak = max(each["product_gflops"] for each in found["rows"] if each["library"] == "zoo")
    print(f"\nThe largest products in float32: {peak:.0f} GFLOP/s")


if __name__ == "__main__":
    main()
