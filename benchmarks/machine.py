"""The processor that figures were measured on."""

import os
import pathlib
import platform
import re

# Those that decide how fast products of matrices can be.
_SETS = (
    *("avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16"),
    *("amx_tile", "amx_bf16", "amx_fp16", "asimd", "sve", "sve2", "bf16"),
)


def processor(cpuinfo: pathlib.Path = pathlib.Path("/proc/cpuinfo")) -> dict[str, object]:
    """Describes the processor.

    Args:
        cpuinfo: Linux's description of it; elsewhere there is none, and Python's word is taken.

    Returns:
        name, family and model (as numbers that tell generations of one name apart), cores, and
        instruction sets, as far as they are known.
    """
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.is_file() else []
    found = {}
    for line in lines:
        key, _, value = line.partition(":")
        found.setdefault(key.strip().lower(), value.strip())
    present = f"{found.get('flags', '')} {found.get('features', '')}".split()
    return {
        "name": found.get("model name") or platform.processor() or platform.machine(),
        "family": found.get("cpu family", ""),
        "model": found.get("model", ""),
        "cores": os.cpu_count(),
        "instruction_sets": [name for name in _SETS if name in present],
    }


def sentence(described: dict[str, object]) -> str:
    """The description in words."""
    parts = [described["name"], f"{described['cores']} cores"]
    parts += [f"{key} {described[key]}" for key in ("family", "model") if described[key]]
    return ", ".join([*parts, *(described["instruction_sets"] or ["instruction sets unknown"])])


def file_name(described: dict[str, object]) -> str:
    """The processor's name as part of a file's name."""
    return re.sub(r"[^a-z0-9]+", "-", str(described["name"]).lower()).strip("-")
