"""The weight-free classic: dense inverse search flow in both directions, projected to the time wanted."""

from vfi_plugin.models.dis.model import INFO, DisModel, load

__all__ = ["INFO", "DisModel", "load"]
