"""The verb: plan, read, estimate, move, write."""

from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.render.plan import OutputFrame, RetimePlan
from vfi_plugin.render.retime import RetimeReport, plan_retime, retime

__all__ = ["OutputFrame", "RetimeOptions", "RetimePlan", "RetimeReport", "plan_retime", "retime"]
