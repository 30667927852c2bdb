"""The networks whose weights ship."""

from __future__ import annotations

from vfi_plugin.models.weights_place import SHIPPED

FILES = {path.stem: path for path in sorted(SHIPPED.glob("*.safetensors"))}
"""Name -> file."""
