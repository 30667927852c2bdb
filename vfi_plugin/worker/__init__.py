"""The process that hosts talk to, the client that they talk to it with, and installing the adapters.

The protocol is described in ``docs/worker.md``.
"""
