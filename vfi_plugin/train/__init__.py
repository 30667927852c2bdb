"""Training: data with a known truth, the losses that the papers name, and the steps that lower them.

Needs numpy and torch alone; reading movies and images needs what ``media`` and ``render`` need, and loads it then.
"""
