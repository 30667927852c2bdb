"""Holds ``vfi_client.py``, which adapters get a copy of; nothing in the core imports it."""
