"""Training: data with a known truth, the losses that the papers name, and the steps that lower them.

Needs numpy and torch alone.
"""
