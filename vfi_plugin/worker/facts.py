"""What ``hello`` tells: versions, models, devices, and the values that options may have."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from vfi_plugin.errors import ProtocolError
from vfi_plugin.models.info import DETAILS, PRECISIONS
from vfi_plugin.models.listing import listed_facts, listed_model
from vfi_plugin.models.quality import read_quality
from vfi_plugin.models.registry import default_model, model_names
from vfi_plugin.render.options import ENDS, FILTERS, METHODS, MISSING, PATHS
from vfi_plugin.worker.protocol import PROTOCOL, Request


def hello(request: Request, log: Path | None) -> dict[str, Any]:
    """The result of ``hello``. Raises ProtocolError where the host speaks another protocol."""
    core = version("vfi-plugin")
    asked = request.fields["protocol"]
    if asked != PROTOCOL:
        raise ProtocolError(
            f"the host's adapter speaks protocol {asked}, vfi {core} speaks {PROTOCOL}; install the adapter that comes"
            " with this vfi, by 'vfi install'",
            request.id,
        )
    return {
        "protocol": PROTOCOL,
        "core": core,
        "process": os.getpid(),
        "log": None if log is None else str(log),
        "models": list(_models()),
        "devices": list(_devices()),
        "choices": {
            "method": METHODS,
            "filter": FILTERS,
            "ends": ENDS,
            "missing": MISSING,
            "path": PATHS,
            "precision": PRECISIONS,
            "detail": DETAILS,
        },
    }


def _models() -> Iterator[dict[str, Any]]:
    measured = read_quality()
    for name in model_names():
        yield {**listed_facts(*listed_model(name), measured), "default": name == default_model()}


def _devices() -> Iterator[dict[str, str]]:
    yield {"name": "cpu", "title": f"CPU, {torch.get_num_threads()} threads"}
    for index in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        device = torch.cuda.get_device_properties(index)
        yield {"name": f"cuda:{index}", "title": f"{device.name}, {device.total_memory / 2**30:.0f} GiB"}
