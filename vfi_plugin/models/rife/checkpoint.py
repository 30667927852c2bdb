"""How the published ``flownet.pkl`` of RIFE 4.x names its tensors."""

from __future__ import annotations

from functools import partial

from vfi_plugin.models.rife.net import build
from vfi_plugin.models.variant import Values, Variant

_WRAPPED = "module."  # left over from training on several GPUs; in every official file

# Parts that only training uses and official files still hold: the teacher that saw the true frame, under both of its
# names, and an estimator of time. Everything else that the network lacks is an error.
_TRAINING_ONLY = ("teacher.", "block_tea.", "caltime.")


def _published(name: str) -> str:
    return _WRAPPED + name


def _needed(values: Values) -> Values:
    """What inference needs, by its official name; files that others saved again lack the first part of it."""
    wrapped = any(name.startswith(_WRAPPED) for name in map(str, values))
    official = values if wrapped else {_published(str(name)): value for name, value in values.items()}
    surplus = tuple(map(_published, _TRAINING_ONLY))
    return {name: value for name, value in official.items() if not str(name).startswith(surplus)}


VARIANTS = (
    Variant("4.25", "RIFE 4.25 or 4.26 (flownet.pkl)", partial(build, "4.25"), _published, _needed),
    Variant("4.6", "RIFE 4.6 (flownet.pkl)", partial(build, "4.6"), _published, _needed),
)
