"""A small scene with a known truth, and a picture that shows how near a retime comes to it."""

from vfi_plugin.demo.scene import DemoScene

__all__ = ["DemoScene"]
