"""Parts of Markdown files that are filled in: what stands between ``<!-- NAME:begin -->`` and ``<!-- NAME:end -->``."""

from __future__ import annotations


def between_marks(text: str, name: str, content: str) -> str | None:
    """``text`` with ``content`` between the marks in the place of what stood there; None where there are no marks."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    return f"{before}{begin}\n{content}\n{end}{after}" if found and closed else None
