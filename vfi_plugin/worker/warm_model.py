"""The model of the last request, kept loaded: a network takes seconds to load, and hosts ask often."""

from __future__ import annotations

import torch

from vfi_plugin.models.model import Model
from vfi_plugin.render.estimator import load_job_model
from vfi_plugin.render.retime import RetimeJob


class WarmModel:
    """At most one model, as a GPU may have no room for two."""

    def __init__(self) -> None:
        self._key: object = None
        self._model: Model | None = None

    def of(self, job: RetimeJob) -> Model | None:
        """The job's model, loaded unless it is the last one; None where the job's method uses none.

        Raises as ``load_model``.
        """
        if job.options.method != "motion":
            return None
        options = job.options
        exposed = job.model.follows and options.exposure is not None  # then it is another model
        key = (job.model.name, job.model.weights_sha256, options.device, options.precision, options.detail, exposed)
        if self._model is None or key != self._key:
            self._let_go()
            self._model, self._key = load_job_model(job), key
        return self._model

    def _let_go(self) -> None:
        self._model = None
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
