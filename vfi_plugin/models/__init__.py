"""Models: what turns two guides and a time into a motion. Importing this package needs numpy and torch alone."""

from vfi_plugin.models.model import Model, ModelInfo, Pair
from vfi_plugin.models.registry import default_model, load_model, model_info, model_names

__all__ = ["Model", "ModelInfo", "Pair", "default_model", "load_model", "model_info", "model_names"]
