"""The most memory that a kernel takes beside its inputs, measured in a process of its own.

python benchmarks/kernel_memory.py NAME SCALE     (what memory_of() starts; prints JSON)
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

SPARE_BYTES = 64 << 20  # beside inputs and outputs: what threads, tiles and the allocator keep
STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def memory_of(name: str, scale: float) -> dict[str, Any]:
    """The figures of one row of ``kernels.ROWS``."""
    done = subprocess.run([sys.executable, __file__, name, str(scale)], check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def _status_bytes(key: str) -> int:
    line = next(line for line in STATUS.read_text(encoding="ascii").splitlines() if line.startswith(key + ":"))
    return int(line.split()[1]) * 1024


def _measure(name: str, scale: float) -> dict[str, Any]:
    import torch
    from kernel_work import Place, size_bytes
    from kernels import ROWS

    torch.set_num_threads(1)
    work = next(row for row in ROWS if row.name == name).work(Place(), scale)
    if not CLEAR.exists():  # not Linux
        return {"name": name, "extra_bytes": None, "met": None}
    CLEAR.write_text("5", encoding="ascii")  # forgets the peak so far
    before_bytes = _status_bytes("VmRSS")
    result = work.ours()
    extra_bytes = _status_bytes("VmHWM") - before_bytes
    output_bytes = size_bytes(result)
    return {
        "name": name,
        "extra_bytes": extra_bytes,
        "output_bytes": output_bytes,
        "met": extra_bytes <= output_bytes + SPARE_BYTES,
    }


if __name__ == "__main__":
    print(json.dumps(_measure(sys.argv[1], float(sys.argv[2]))))
