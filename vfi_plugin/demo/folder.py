"""Where the demo keeps its files, and the care it takes not to touch anybody else's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vfi_plugin.errors import UsageError, WriteError

_FRAMES = "demo.####.exr"


@dataclass(frozen=True)
class DemoFolder:
    """The folder of a demo, ``root``, with a folder for each clip in it."""

    root: Path

    @property
    def source(self) -> Path:
        """The pattern of the rendered clip."""
        return self.root / "source" / _FRAMES

    def slowed(self, name: str) -> Path:
        """The pattern of the clip that was slowed down ``name`` ("2x", "4x")."""
        return self.root / name / _FRAMES

    @property
    def contact_sheet(self) -> Path:
        """The picture that shows made frames beside the true ones."""
        return self.root / "contact_sheet.png"

    @property
    def preview(self) -> Path:
        """The slow motion as a movie."""
        return self.root / "preview.mp4"

    def prepare(self, slowed: tuple[str, ...]) -> None:
        """Makes the folder, or takes one that a demo has made before.

        Raises:
            UsageError: there is something in it that no demo has put there.
            WriteError: it cannot be made.
        """
        own = {self.source.parent.name, self.contact_sheet.name, self.preview.name, *slowed}
        try:
            # Names with a dot in front are what file browsers and killed runs leave behind: no content.
            present = [path.name for path in self.root.iterdir()] if self.root.exists() else []
            foreign = sorted(name for name in present if name not in own and not name.startswith("."))
            if foreign:
                raise UsageError(
                    f"the folder {self.root} holds something else ({', '.join(foreign[:3])}); choose another with --out"
                )
            self.source.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WriteError(
                f"the folder {self.root} cannot be made: {error.strerror}; choose another with --out"
            ) from None
