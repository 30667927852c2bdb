"""The page of a scan: what is in the file, what its pictures show, and what it does in a browser."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import cv2
import material
import numpy as np
import numpy.typing as npt
import pytest

from vfi_plugin.errors import Cancelled
from vfi_plugin.image.frame import Frame
from vfi_plugin.media.clip import SequenceClip
from vfi_plugin.repair import page_material
from vfi_plugin.repair.finding import Finding, Kind
from vfi_plugin.repair.page_strips import Cell, with_pictures
from vfi_plugin.repair.report_page import save_page
from vfi_plugin.repair.scan_report import Cadence, Context, ScanReport

SIZE = (64, 36)
NUMBERS = tuple(n for n in range(1001, 1041) if n not in (1015, 1016))
NAME = '<b>&".####.exr'
WHY = "</script><script>alert(1)</script> & <i>so</i>"

FINDINGS = (
    Finding(Kind.DUPLICATE, (1005,), 2.0, WHY),
    Finding(Kind.MISSING, (1015, 1016), 1.0, "no such files"),
    Finding(Kind.UNREADABLE, (1020,), 1.0, "damaged"),
    Finding(Kind.NOT_FINITE, (1025,), 1.0, "1 value is NaN"),
    Finding(Kind.BLURRED, tuple(range(1026, 1036)), 1.5, "soft"),
    Finding(Kind.DROPPED, (1037, 1038), 1.25, "jumps", lost=3),
)


def flat(value: float) -> npt.NDArray[np.float32]:
    return np.full((SIZE[1], SIZE[0]), value, np.float32)


def write(folder: Path, number: int, value: float = 0.18, told: Mapping[str, str] | None = None) -> None:
    folder.mkdir(exist_ok=True)
    material.write_exr(folder / NAME.replace("####", str(number)), dict.fromkeys("RGB", flat(value)), told)


def report_of(findings: Sequence[Finding] = FINDINGS, **more: Any) -> ScanReport:
    return ScanReport(NAME, NUMBERS, tuple(findings), rate=Fraction(24000, 1001), size=SIZE, **more)


def stored(source: Path, target: Path) -> None:
    """The clip: frame 1020 damaged, one NaN in 1025, and of 1028 one half at a light of 8, the other of 500."""
    for number in NUMBERS:
        write(source, number)
    lamp = np.where(np.arange(SIZE[0]) < SIZE[0] // 2, flat(8.0), flat(500.0)).astype(np.float32)
    material.write_exr(source / NAME.replace("####", "1028"), dict.fromkeys("RGB", lamp))
    (source / NAME.replace("####", "1020")).write_bytes(b"no picture")
    broken = {name: flat(0.18) for name in "RGB"}
    broken["G"][10, 20] = np.nan
    material.write_exr(source / NAME.replace("####", "1025"), broken)
    for number in (*NUMBERS, 1015, 1016):
        told = {"vfi/repair": f"{WHY} {number}", "vfi/source": str(float(number)), "vfi/model": "rife"}
        write(target, number, 0.36, told if number in (1005, 1015, 1016, 1020, 1039) else None)


@dataclass
class Element:
    name: str
    given: Mapping[str, str]
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def all(self, name: str = "", of_class: str = "") -> Iterator[Element]:
        for child in self.children:
            if name in ("", child.name) and (not of_class or of_class in child.given.get("class", "").split()):
                yield child
            yield from child.all(name, of_class)

    def words(self) -> str:
        return " ".join([self.text, *(child.words() for child in self.children)])


class Tree(HTMLParser):
    """A page as elements; fails where tags are not closed in their order."""

    alone = frozenset({"meta", "img", "input"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open = [Element("", {})]
        self.feed(text)
        self.close()
        assert len(self.open) == 1, f"not closed: {self.open[-1].name}"

    @property
    def page(self) -> Element:
        return self.open[0]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in self.alone:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().name == tag

    def handle_data(self, data: str) -> None:
        self.open[-1].text += data


def data_of(page: Element) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(next(each for each in page.all("script") if each.given.get("id") == "data").text)
    return told


def pixels_of(uri: str) -> npt.NDArray[np.uint8]:
    """(H, W, 3) R G B."""
    head, _, body = uri.partition(",")
    assert head == "data:image/jpeg;base64"
    decoded = cv2.imdecode(np.frombuffer(base64.b64decode(body, validate=True), np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    return np.asarray(decoded[..., ::-1], np.uint8)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    stored(folder / "source", folder / "repaired")
    context = Context((1021,), ((1030, 1034),), (Cadence((2, 3), 1001, 1010),))
    known: dict[int, float] = {1002: 1.0, 1003: 0.25, 1005: 2.0}
    scores = {Kind.DUPLICATE: [known.get(number) for number in NUMBERS]}
    report = report_of(context=context, scores=scores)
    save_page(report, folder / "page.html", folder / "source" / NAME, folder / "repaired" / NAME)
    return folder / "page.html"


@pytest.fixture(scope="module")
def page(written: Path) -> Element:
    return Tree(written.read_text("utf-8")).page


def card(page: Element, kind: Kind) -> Element:
    return next(each for each in page.all("article", "finding") if each.given["data-kind"] == kind.value)


def test_the_file_loads_nothing(page: Element, written: Path) -> None:
    for element in page.all():
        for name in ("src", "href", "srcset", "action", "data", "poster"):
            assert element.given.get(name, "#").startswith(("#", "data:")), element
    assert not list(page.all("link"))
    assert not list(page.all("base"))
    assert re.findall(r"https?:|url\(|@import|fetch\(|XMLHttpRequest", written.read_text("utf-8")) == []
    policy = next(each for each in page.all("meta") if "http-equiv" in each.given)
    assert policy.given["content"].startswith("default-src 'none'; img-src data:;")


def test_names_and_reasons_are_text_and_never_markup(page: Element) -> None:
    assert next(page.all("h1")).text == NAME
    assert [each.text for each in page.all("b")] == [f"{finding.score:.2f}" for finding in FINDINGS]
    assert next(card(page, Kind.DUPLICATE).all("p", "why")).text == WHY
    assert not list(page.all("i"))
    assert len(list(page.all("script"))) == 2
    assert f"{WHY} 1005" in card(page, Kind.DUPLICATE).words()


def test_there_is_a_card_a_finding_and_a_filter_a_kind(page: Element) -> None:
    assert [each.given["data-kind"] for each in page.all("article", "finding")] == [f.kind.value for f in FINDINGS]
    filters = next(page.all("div", "filters"))
    counted = {each.given["data-kind"]: next(each.all("span", "count")).text for each in filters.all("button")}
    assert counted == {"": "6"} | {finding.kind.value: "1" for finding in FINDINGS}


def test_a_finding_stands_between_two_neighbours_a_side(page: Element) -> None:
    def captions(kind: Kind) -> list[str]:
        cells = card(page, kind).all("figure")
        return [next((each.text for each in cell.all("figcaption")), cell.words().strip()) for cell in cells]

    assert captions(Kind.DUPLICATE) == ["1003", "1004", "1005", "1006", "1007"]
    assert captions(Kind.DROPPED) == ["1035", "1036", "1037", "3 lost", "1038", "1039", "1040"]
    long = ["1024", "1025", "1026", "1027", "1028", "4 more", "1033", "1034", "1035", "1036", "1037"]
    assert captions(Kind.BLURRED) == long


def test_what_has_no_picture_says_why(page: Element) -> None:
    holes = [each.words().split() for each in card(page, Kind.MISSING).all("div", "hole")]
    assert holes == [["no", "file"], ["no", "file"]]
    [hole] = card(page, Kind.UNREADABLE).all("div", "hole")
    assert hole.words().split() == ["cannot", "be", "read"]
    assert "1020" in hole.given["title"]


def test_every_picture_is_one_of_the_stated_size(page: Element) -> None:
    pictures = data_of(page)["pictures"]
    shapes = {key: pixels_of(uri).shape[:2] for key, uri in pictures.items()}
    stated = [each.given for each in page.all("img") if "data-picture" in each.given]
    assert stated
    for given in stated:
        assert shapes[given["data-picture"]] == (int(given["height"]), int(given["width"])) == (36, 64)
    named = {given["data-picture"] for given in stated}
    assert named == {key for key in pictures if key.startswith("s")}


def test_a_grey_card_looks_as_on_any_screen_and_a_lamp_does_not_burn_out(page: Element) -> None:
    pictures = data_of(page)["pictures"]
    srgb = 255 * (1.055 * 0.18 ** (1 / 2.4) - 0.055)
    assert pixels_of(pictures["s1004"]).mean() == pytest.approx(srgb, abs=2)
    lamp = pixels_of(pictures["s1028"])
    bright, brightest = lamp[10, 10].mean(), lamp[10, 50].mean()
    assert 240 < bright < brightest < 255


def test_values_that_are_not_finite_are_magenta(page: Element) -> None:
    shown = pixels_of(data_of(page)["pictures"]["s1025"]).astype(int)
    red, green, blue = shown[10, 20]
    assert min(red, blue) - green > 80
    assert np.ptp(shown[25, 40]) < 8


def test_a_score_of_one_reaches_the_threshold_and_more_passes_it(page: Element) -> None:
    [lane] = [each for each in page.all("div", "lane") if each.given.get("data-kind") == "duplicate"]
    line = next(lane.all("line", "threshold")).given
    assert line["y1"] == line["y2"]
    tops = [float(y) for y in re.findall(r"V([\d.]+)H", next(lane.all("path", "scores")).given["d"])]
    at_one, low, high = tops
    assert at_one == pytest.approx(float(line["y1"]), abs=0.06)
    assert high < at_one < low


def test_marks_stand_over_their_frames(page: Element) -> None:
    [lane] = [each for each in page.all("div", "lane") if each.given.get("data-kind") == "blurred"]
    mark = next(lane.all("rect", "mark")).given
    first, last = (float(mark["x"]) / 1000, (float(mark["x"]) + float(mark["width"])) / 1000)
    assert (first, last) == pytest.approx(((1026 - 1001) / 40, (1036 - 1001) / 40), abs=1e-4)


def test_cuts_dissolves_and_cadences_are_drawn_as_context(page: Element) -> None:
    context = next(page.all("div", "context"))
    assert float(next(context.all("line", "cut")).given["x1"]) == pytest.approx((1021 - 1001) / 40 * 1000)
    assert "dissolve 1030-1034" in context.words()
    assert "2:3" in context.words()


def test_a_repaired_frame_is_shown_before_and_after_with_what_was_done(page: Element) -> None:
    pictures = data_of(page)["pictures"]
    assert {"b1005", "a1005", "a1015", "a1016", "a1020", "a1039"} <= set(pictures)
    assert "b1015" not in pictures  # there was no such file
    assert pixels_of(pictures["a1005"]).mean() > pixels_of(pictures["b1005"]).mean() + 20
    [told] = card(page, Kind.DUPLICATE).all("dl", "told")
    assert [each.text for each in told.all("dd")] == ["1005", f"{WHY} 1005", "1005.0", "rife"]
    buttons = next(card(page, Kind.MISSING).all("div", "chooser")).all("button")
    assert [each.text for each in buttons] == ["1015", "1016"]
    assert not list(card(page, Kind.BLURRED).all("div", "wipe"))
    assert "1039" in next(page.all("article", "others")).words()


def test_frames_put_in_where_time_was_lost_mend_the_drop(tmp_path: Path) -> None:
    for number in range(1001, 1007):
        write(tmp_path / "source", number)
    for number in range(1001, 1008):  # one more: 1004 lies between the source's 1003 and 1004
        told = {"vfi/repair": "put in", "vfi/source": "1003.5"} if number == 1004 else None
        write(tmp_path / "repaired", number, told=told)
    drop = Finding(Kind.DROPPED, (1003, 1004), 1.5, "jumps", lost=1)
    report = ScanReport(NAME, tuple(range(1001, 1007)), (drop,))
    save_page(report, tmp_path / "p.html", tmp_path / "source" / NAME, tmp_path / "repaired" / NAME)
    page = Tree((tmp_path / "p.html").read_text("utf-8")).page
    [told] = card(page, Kind.DROPPED).all("dl", "told")
    assert [each.text for each in told.all("dd")] == ["1004", "put in", "1003.5", "no such frame"]


def test_frames_moved_to_spread_a_drop_mend_it_and_a_held_one_mends_its_own_finding(tmp_path: Path) -> None:
    told = {
        1001: {"vfi/repair": "black: hold 1002", "vfi/source": "1002.0"},
        1004: {"vfi/repair": "spread: made from 1004 and 1005", "vfi/source": "1004.25"},
    }
    for number in range(1001, 1009):
        write(tmp_path / "source", number)
        write(tmp_path / "repaired", number, told=told.get(number))
    findings = (
        Finding(Kind.BLACK, (1001,), 2.0, "black"),
        Finding(Kind.TORN, (1002,), 2.0, "torn"),
        Finding(Kind.DROPPED, (1006, 1007), 1.5, "jumps", lost=1),
    )
    report = ScanReport(NAME, tuple(range(1001, 1009)), findings)
    save_page(report, tmp_path / "p.html", tmp_path / "source" / NAME, tmp_path / "repaired" / NAME)
    page = Tree((tmp_path / "p.html").read_text("utf-8")).page

    def mended(kind: Kind) -> list[str]:
        return [each.given["data-frame"] for each in card(page, kind).all("dl", "told")]

    assert (mended(Kind.BLACK), mended(Kind.TORN), mended(Kind.DROPPED)) == (["1001"], [], ["1004"])


def test_a_repaired_clip_without_such_headers_is_compared_where_something_was_found(tmp_path: Path) -> None:
    for number in range(1001, 1007):
        write(tmp_path / "source", number)
        write(tmp_path / "repaired", number)
    findings = (Finding(Kind.TORN, (1002,), 2.0, "torn"), Finding(Kind.DROPPED, (1004, 1005), 1.5, "jumps", lost=1))
    report = ScanReport(NAME, tuple(range(1001, 1007)), findings)
    save_page(report, tmp_path / "p.html", tmp_path / "source" / NAME, tmp_path / "repaired" / NAME)
    page = Tree((tmp_path / "p.html").read_text("utf-8")).page
    assert {key for key in data_of(page)["pictures"] if key[0] != "s"} == {"b1002", "a1002"}


def test_a_clean_clip_has_a_page_that_says_so(tmp_path: Path) -> None:
    for number in (1001, 1002, 1003):
        write(tmp_path / "source", number)
    save_page(report_of(()), tmp_path / "new" / "page.html", tmp_path / "source" / NAME)
    page = Tree((tmp_path / "new" / "page.html").read_text("utf-8")).page
    assert not list(page.all("article"))
    assert "Nothing is wrong in the 3 frames" in page.words()


def test_each_frame_is_read_once_and_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(tmp_path / "source", tmp_path / "repaired")
    read: list[int] = []
    original = SequenceClip.read

    def spy(clip: SequenceClip, number: int) -> Frame:
        read.append(number)
        return original(clip, number)

    monkeypatch.setattr(SequenceClip, "read", spy)
    save_page(report_of(), tmp_path / "page.html", tmp_path / "source" / NAME)
    at = len(read) - len(set(read))  # the few that were metered come first, in order too
    assert at <= 5
    assert read[:at] == sorted(read[:at])
    assert read[at:] == sorted(set(read[at:]))


def test_too_many_pictures_are_left_out_and_the_page_says_how_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(tmp_path / "source", tmp_path / "repaired")
    monkeypatch.setattr(page_material, "MOST_SMALL", 12)
    monkeypatch.setattr(page_material, "MOST_WIPES", 2)
    save_page(report_of(), tmp_path / "page.html", tmp_path / "source" / NAME, tmp_path / "repaired" / NAME)
    page = Tree((tmp_path / "page.html").read_text("utf-8")).page
    keys = data_of(page)["pictures"]
    assert len([key for key in keys if key.startswith("s")]) <= 12
    assert len([key for key in keys if key.startswith("a")]) == 2
    assert len(list(page.all("article", "finding"))) == len(FINDINGS)
    notes = [each.text for each in page.all("p", "note")]
    assert any(re.match(r"[1-5] of 6 findings are listed without", note) for note in notes)
    assert any(note.startswith("3 of 5 repaired frames are not shown") for note in notes)


def test_the_rare_kind_and_the_clearest_findings_get_pictures_first() -> None:
    many = [(Finding(Kind.DUPLICATE, (n,), float(n), ""), (Cell(n, True),)) for n in range(1, 1001)]
    rare = (Finding(Kind.TORN, (5000,), 1.0, ""), (Cell(5000, True),))
    chosen, without = with_pictures([*many, rare], 50)
    assert chosen == {5000, *range(952, 1001)}
    assert without == 951


def test_a_stop_leaves_no_file(tmp_path: Path) -> None:
    write(tmp_path / "source", 1005)

    def stop() -> None:
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        save_page(report_of(), tmp_path / "page.html", tmp_path / "source" / NAME, check=stop)
    assert [each.name for each in tmp_path.iterdir()] == ["source"]


SCRIPT = """
<script>
const press = (key) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
const told = {};
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
(async () => {
  told.all = vfiPage.shown();
  press("j"); press("j"); press("ArrowRight"); press("k");
  told.stepped = vfiPage.current();
  told.position = document.querySelector(".position").textContent;
  told.focus = document.activeElement.id;
  document.querySelector(".filters [data-kind=blurred]").click();
  document.querySelector(".filters [data-kind=dropped]").click();
  told.filtered = vfiPage.shown();
  told.visible = [...document.querySelectorAll(".card.finding")].filter((card) => card.offsetHeight).length;
  told.range = document.querySelector(".copy.all").dataset.copy;
  vfiPage.jump(1036);
  told.jumped = vfiPage.current();
  press("0");
  told.again = vfiPage.shown().length;
  told.rangeOfAll = document.querySelector(".copy.all").dataset.copy;
  vfiPage.go(1);
  await wait(500);
  press("w");
  const wipe = document.activeElement.closest(".wipe");
  told.held = wipe.querySelector("input").value;
  press("w"); press("w");
  told.turned = wipe.querySelector("input").value;
  const stage = wipe.querySelector(".stage");
  const box = stage.getBoundingClientRect();
  const point = (name, share) => {
    stage.dispatchEvent(new PointerEvent(name, { clientX: box.left + box.width * share, bubbles: true }));
  };
  point("pointermove", 0.9);
  point("pointerdown", 0.5); point("pointermove", 0.25); point("pointerup", 0.25); point("pointermove", 0.75);
  told.dragged = Math.round(wipe.querySelector("input").value);
  press(".");
  told.frame = [...wipe.querySelectorAll(".told")].filter((each) => !each.hidden).map((each) => each.dataset.frame);
  told.empty = wipe.querySelector(".side").classList.contains("empty");
  told.after = wipe.querySelector("img.after").naturalWidth;
  press("?");
  told.help = document.querySelector("dialog").open;
  const images = [...document.querySelectorAll("#f0 img[data-picture]")];
  told.loaded = images.filter((image) => image.naturalWidth === 64).length;
  told.widest = document.documentElement.scrollWidth;
})().catch((error) => { told.error = String(error); }).finally(() => {
  document.body.insertAdjacentHTML("beforeend", "<pre id=told></pre>");
  document.getElementById("told").textContent = JSON.stringify(told);
});
</script>
"""


def browser() -> str:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
    if found is None:
        pytest.skip("no Chromium here to open the page in")
    return found


def test_it_steps_filters_and_wipes_in_a_browser(written: Path, tmp_path: Path) -> None:
    program = browser()
    tried = tmp_path / "tried.html"
    tried.write_text(written.read_text("utf-8").replace("</body>", f"{SCRIPT}</body>"), "utf-8")
    options = (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--window-size=600,900",
        "--virtual-time-budget=4000",
    )
    own = f"--user-data-dir={tmp_path / 'profile'}"
    done = subprocess.run(
        [program, *options, own, "--dump-dom", tried.as_uri()], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    found = re.search(r'<pre id="told">(.*?)</pre>', done.stdout)
    assert found is not None, done.stderr
    assert json.loads(found[1]) == {
        "all": [0, 1, 2, 3, 4, 5],
        "stepped": 1,
        "position": "2 / 6",
        "focus": "f1",
        "filtered": [4, 5],
        "visible": 2,
        "range": "1026-1035 1037-1038",
        "jumped": 4,
        "again": 6,
        "rangeOfAll": "1005 1015-1016 1020 1025-1035",
        "held": "100",
        "turned": "0",
        "dragged": 25,
        "frame": ["1016"],
        "empty": True,
        "after": 64,
        "help": True,
        "loaded": 5,
        "widest": 600,
    }
