"""Resolve's media pool, for tests: folders, clips, and importing files that are really there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .fake_resolve import FakeApp, FakeObject, api

KNOWN_PROPERTIES = ("FPS", "Input Color Space", "IDT", "Data Level", "Alpha mode", "PAR")
"""What may be set of a clip here; "Input LUT" is one that this project's colour science does not have."""


class FakeMedia(FakeObject):
    """MediaPoolItem: a movie, or a sequence as one clip. All properties are texts."""

    def __init__(self, app: FakeApp, path: str, count: int, **properties: str) -> None:
        super().__init__(app)
        self.properties = {"File Path": path, "Frames": str(count), "FPS": app.sequence_rate, **properties}

    @api
    def GetName(self) -> str:
        return Path(self.properties["File Path"]).name

    @api
    def GetUniqueId(self) -> str:
        return self._identity

    @api
    def GetClipProperty(self, name: str) -> str:
        return self.properties.get(name, "")

    @api
    def SetClipProperty(self, name: str, value: Any) -> bool:
        if name in KNOWN_PROPERTIES and name not in self._app.stubborn:
            self.properties[name] = str(value)
        return True


class FakeFolder(FakeObject):
    """Folder of the media pool."""

    def __init__(self, app: FakeApp, name: str) -> None:
        super().__init__(app)
        self.name = name
        self.folders: list[FakeFolder] = []
        self.clips: list[FakeMedia] = []

    @api
    def GetName(self) -> str:
        return self.name

    @api
    def GetUniqueId(self) -> str:
        return self._identity

    @api
    def GetSubFolderList(self) -> list[FakeFolder]:
        return list(self.folders)

    @api
    def GetClipList(self) -> list[FakeMedia]:
        return list(self.clips)


class FakePool(FakeObject):
    """MediaPool: a root folder, and one that is open."""

    def __init__(self, app: FakeApp) -> None:
        super().__init__(app)
        self.root = FakeFolder(app, "Master")
        self.current = self.root

    @api
    def GetRootFolder(self) -> FakeFolder:
        return self.root

    @api
    def AddSubFolder(self, folder: FakeFolder, name: str) -> FakeFolder:
        folder.folders.append(FakeFolder(self._app, name))
        return folder.folders[-1]

    @api
    def GetCurrentFolder(self) -> FakeFolder:
        return self.current

    @api
    def SetCurrentFolder(self, folder: FakeFolder) -> bool:
        if "folder" not in self._app.stubborn and not (folder is self.root and "root folder" in self._app.stubborn):
            self.current = folder
        return True

    @api
    def ImportMedia(self, infos: list[dict[str, Any]]) -> list[FakeMedia]:
        imported = [clip for info in infos for clip in self._read(info)]
        self.current.clips += imported
        return imported

    def _read(self, info: dict[str, Any]) -> list[FakeMedia]:
        """A clip of the files that are there, listed as ``dir/plate.[1001-1100].exr``."""
        first, last = info["StartIndex"], info["EndIndex"]
        files = [path for number in range(first, last + 1) if (path := Path(info["FilePath"] % number)).is_file()]
        if self._app.individual_frames:
            return [FakeMedia(self._app, str(path), 1) for path in files]
        listed = info["FilePath"].replace("%04d", f"[{first:04d}-{last:04d}]")
        return [FakeMedia(self._app, listed, len(files))] if files else []

    @api
    def AppendToTimeline(self, infos: list[dict[str, Any]]) -> list[Any]:
        timeline = self._app.timeline
        assert timeline is not None
        return [timeline.append(info) for info in infos]
