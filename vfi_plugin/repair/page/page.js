"use strict";
// Everything a mouse does here, a key does too. `window.vfiPage` is for scripts and tests.
const vfiPage = (() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const all = (where, what) => [...where.querySelectorAll(what)];
  const one = (what) => document.querySelector(what);
  const cards = all(document, ".card.finding");
  const others = one(".card.others");
  const kinds = new Set(); // empty: all
  const at = new Map(); // which scores stand at which frame
  let current = -1;

  data.numbers.forEach(([first, last]) => {
    for (let frame = first; frame <= last; frame += 1) at.set(frame, at.size);
  });

  // Pictures are put in when they come near the screen: thousands at once would take a second and much memory.
  const load = (picture) => {
    if (!picture.src) picture.src = data.pictures[picture.dataset.picture];
  };
  const near = new IntersectionObserver((entries) => {
    entries.filter((entry) => entry.isIntersecting).forEach((entry) => {
      near.unobserve(entry.target);
      all(entry.target, "img[data-picture]").forEach(load);
      all(entry.target, ".wipe").forEach((wipe) => choose(wipe, chosen(wipe)));
    });
  }, { rootMargin: "800px" });
  [...cards, ...(others ? [others] : [])].forEach((card) => near.observe(card));

  const say = (text) => {
    const place = one(".said-aloud");
    place.textContent = text;
    place.classList.add("seen");
    clearTimeout(say.timer);
    say.timer = setTimeout(() => place.classList.remove("seen"), 1600);
  };

  // Steps and filters.
  const shown = () => cards.flatMap((card, place) => (card.hidden ? [] : [place]));
  const tell = () => {
    const list = shown();
    const place = list.indexOf(current);
    one(".position").textContent = `${place < 0 ? "–" : place + 1} / ${list.length}`;
    const head = one(".playhead");
    head.hidden = current < 0;
    if (current >= 0) head.style.left = `calc(var(--label) + (100% - var(--label)) * ${share(middle(current))})`;
  };
  const runs = (place) => data.findings[place][2];
  const middle = (place) => (runs(place)[0][0] + runs(place).at(-1)[1]) / 2;
  const share = (frame) => Math.min(Math.max((frame - data.first + 0.5) / (data.last - data.first + 1), 0), 1);

  const go = (place) => {
    if (cards[current]) cards[current].classList.remove("now");
    current = place;
    if (cards[place]) {
      cards[place].classList.add("now");
      cards[place].focus({ preventScroll: true });
      cards[place].scrollIntoView({ block: "start" });
      // Cards that were never seen have a height that is guessed; once they are drawn, this one has moved.
      requestAnimationFrame(() => cards[place].scrollIntoView({ block: "start" }));
    }
    tell();
  };
  const step = (by) => {
    const list = shown();
    if (!list.length) return;
    const place = list.indexOf(current);
    const next = place < 0 ? (by > 0 ? 0 : list.length - 1) : place + by;
    go(list[Math.min(Math.max(next, 0), list.length - 1)]);
  };
  const jump = (frame) => {
    const away = (place) => Math.min(...runs(place).map(([a, b]) => Math.max(a - frame, frame - b, 0)));
    const nearest = shown().reduce((best, place) => (best < 0 || away(place) < away(best) ? place : best), -1);
    if (nearest >= 0) go(nearest);
  };

  const rangeText = () => {
    // As the button was written it leaves out drops, which name no frame to be made; asked for alone, they are named.
    if (!kinds.size) return one(".copy.all").dataset.all;
    const frames = new Set();
    shown().forEach((place) => runs(place).forEach(([a, b]) => {
      for (let frame = a; frame <= b; frame += 1) frames.add(frame);
    }));
    const parts = [];
    [...frames].sort((a, b) => a - b).forEach((frame) => {
      const last = parts.at(-1);
      if (last && last[1] === frame - 1) last[1] = frame;
      else parts.push([frame, frame]);
    });
    return parts.map(([a, b]) => (a === b ? `${a}` : `${a}-${b}`)).join(" ");
  };
  const filter = (...wanted) => {
    kinds.clear();
    wanted.forEach((kind) => kinds.add(kind));
    const isOff = (kind) => kinds.size > 0 && !kinds.has(kind);
    cards.forEach((card) => { card.hidden = isOff(card.dataset.kind); });
    if (others) others.hidden = kinds.size > 0;
    all(document, ".lane[data-kind]").forEach((lane) => lane.classList.toggle("off", isOff(lane.dataset.kind)));
    all(document, ".filters button").forEach((button) => {
      const kind = button.dataset.kind;
      button.setAttribute("aria-pressed", String(kind ? kinds.has(kind) : !kinds.size));
    });
    one(".copy.all").dataset.copy = rangeText();
    if (cards[current] && cards[current].hidden) {
      cards[current].classList.remove("now");
      current = -1;
    }
    tell();
  };
  const toggle = (kind) => {
    const wanted = new Set(kinds);
    if (!kind) wanted.clear();
    else if (!wanted.delete(kind)) wanted.add(kind);
    filter(...wanted);
  };

  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const field = document.body.appendChild(document.createElement("textarea"));
      field.value = text;
      field.select();
      document.execCommand("copy");
      field.remove();
    }
    say(text ? `Copied ${text}` : "No frames to copy");
  };

  // Wipes.
  const chosen = (wipe) => wipe.querySelector(".chooser [aria-pressed=true]");
  const slider = (wipe) => wipe.querySelector("input");
  const set = (wipe, value) => {
    const kept = Math.min(Math.max(value, 0), 100);
    slider(wipe).value = kept;
    const stage = wipe.querySelector(".stage");
    stage.style.setProperty("--at", `${kept}%`);
    stage.classList.toggle("all-before", kept >= 100);
    stage.classList.toggle("all-after", kept <= 0);
    slider(wipe).setAttribute("aria-valuetext", `${Math.round(kept)} % before`);
  };
  const choose = (wipe, button) => {
    const { frame, before } = button.dataset;
    all(wipe, ".chooser button").forEach((each) => each.setAttribute("aria-pressed", String(each === button)));
    const after = wipe.querySelector("img.after");
    after.src = data.pictures[`a${frame}`];
    after.alt = `frame ${frame} after the repair`;
    const side = wipe.querySelector(".side");
    const picture = data.pictures[before];
    side.classList.toggle("empty", !picture);
    if (picture) side.querySelector("img").src = picture;
    side.querySelector("img").alt = `frame ${frame} before the repair`;
    side.querySelector(".said").textContent = data.faults[before] || (before ? "not shown" : "no frame");
    slider(wipe).setAttribute("aria-label", `Wipe of frame ${frame}: share of the picture that shows before`);
    all(wipe, ".told").forEach((told) => { told.hidden = told.dataset.frame !== frame; });
  };
  const wipeOf = () => (cards[current] || others || document).querySelector(".wipe");
  const turnWipe = () => {
    if (current < 0) step(1);
    const wipe = wipeOf();
    if (!wipe) return say("Nothing was repaired here");
    const value = Number(slider(wipe).value);
    const isHeld = document.activeElement === slider(wipe);
    set(wipe, !isHeld ? 100 : value > 50 ? 50 : value > 0 ? 0 : 100);
    slider(wipe).focus({ preventScroll: true });
    wipe.scrollIntoView({ block: "nearest" });
    return undefined;
  };
  const otherFrame = (by) => {
    const wipe = wipeOf();
    if (!wipe) return;
    const buttons = all(wipe, ".chooser button");
    const next = buttons[buttons.indexOf(chosen(wipe)) + by];
    if (next) choose(wipe, next);
  };
  let held = null; // the wipe that is dragged; the pointer may leave it meanwhile
  const follow = (event) => {
    const box = held.querySelector(".stage").getBoundingClientRect();
    set(held, ((event.clientX - box.left) / box.width) * 100);
  };
  document.addEventListener("pointermove", (event) => { if (held) follow(event); });
  ["pointerup", "pointercancel"].forEach((name) => document.addEventListener(name, () => { held = null; }));
  all(document, ".wipe").forEach((wipe) => {
    wipe.querySelector(".stage").addEventListener("pointerdown", (event) => {
      if (event.button) return;
      held = wipe;
      follow(event);
    });
    wipe.querySelector(".stage").addEventListener("mousedown", (event) => {
      event.preventDefault(); // no selection, no picture dragged away
      slider(wipe).focus({ preventScroll: true }); // arrow keys go on from here
    });
    slider(wipe).addEventListener("input", () => set(wipe, Number(slider(wipe).value)));
    set(wipe, 50);
  });

  // The timeline: where the pointer is, and the finding that is nearest to it.
  const lanes = one(".lanes");
  const frameAt = (event) => {
    const box = one(".lane .track").getBoundingClientRect();
    const frame = Math.floor(data.first + ((event.clientX - box.left) / box.width) * (data.last - data.first + 1));
    return frame >= data.first && frame <= data.last ? frame : null;
  };
  lanes.addEventListener("pointermove", (event) => {
    const frame = frameAt(event);
    if (frame === null) return;
    const scores = Object.entries(data.scores).flatMap(([name, values]) => {
      const score = values[at.get(frame)];
      return score === null || score === undefined ? [] : [`${name} ${score.toFixed(2)}`];
    });
    one(".readout").textContent = [`frame ${frame}`, ...scores].join("   ");
  });
  lanes.addEventListener("pointerleave", () => { one(".readout").textContent = ""; });
  lanes.addEventListener("click", (event) => {
    const frame = frameAt(event);
    if (frame !== null) jump(frame);
  });

  const help = () => (one("dialog").open ? one("dialog").close() : one("dialog").showModal());
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.matches(".copy")) copy(button.dataset.copy);
    else if (button.matches(".filters button")) toggle(button.dataset.kind);
    else if (button.matches(".chooser button")) choose(button.closest(".wipe"), button);
    else if (button.matches(".next")) step(1);
    else if (button.matches(".previous")) step(-1);
    else if (button.matches(".help")) help();
  });
  document.addEventListener("focusin", (event) => {
    const place = cards.indexOf(event.target.closest(".card.finding"));
    if (place >= 0 && place !== current) {
      if (cards[current]) cards[current].classList.remove("now");
      cards[place].classList.add("now");
      current = place;
      tell();
    }
  });
  const keys = {
    j: () => step(1), ArrowRight: () => step(1), k: () => step(-1), ArrowLeft: () => step(-1),
    w: turnWipe, ",": () => otherFrame(-1), ".": () => otherFrame(1), 0: () => filter(), "?": help,
    c: () => { if (cards[current]) copy(cards[current].querySelector(".copy").dataset.copy); },
    Escape: () => { if (cards[current]) cards[current].focus({ preventScroll: true }); },
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    if (event.target.matches("input") && event.key.startsWith("Arrow")) return; // they move the slider
    if (one("dialog").open && event.key !== "?") return;
    event.preventDefault();
    keys[event.key]();
  });

  one(".copy.all").dataset.all = one(".copy.all").dataset.copy;
  tell();
  const linked = cards.findIndex((card) => `#${card.id}` === location.hash);
  if (linked >= 0) go(linked);
  return { step, go, jump, filter, shown, rangeText, current: () => current, wipe: (value) => set(wipeOf(), value), turnWipe };
})();
window.vfiPage = vfiPage;
