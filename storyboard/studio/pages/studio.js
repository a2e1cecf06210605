// The studio's page: what it is told comes as events, what it does is posted. See `storyboard/studio/`.
import { bdi, chip, failure, fill, flat, h, named, patch, percent, problem, tell } from "./parts.js";

let state = null, film = null, gone = false, draft = {}, shooting = {};
let selected = "", taken = 0, beside = false, active = "film", note = null, written = false;
const typed = {}; // what was typed and not written yet, by shot
const player = named("film");
const shot = () => film && (film.shots.find((one) => one.id === selected) || film.shots[0]);
const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// What is heard.
const hear = {
  state(value) {
    state = value;
    film = value.film;
    if (film && !film.shots.some((one) => one.id === selected)) selected = film.shots[0].id;
    draw();
  },
  draft(value) { draft = value; drawTold(); drawFilm(); },
  shooting(value) {
    shooting = value;
    if (value.takes) note = h("p", { class: "good-news" }, bdi(`${value.shot}: ${value.takes.length ? `take ${value.takes.join(", ")} is here` : "nothing new came"}; $${value.spent} spent.`));
    if (value.error) note = failure(value.error);
    drawTold();
    drawShot();
  },
};
function listen() {
  const source = new EventSource("events");
  let beat = 0;
  const lost = () => {
    source.close();
    clearTimeout(beat);
    gone = true;
    drawTold();
    setTimeout(listen, 700);
  };
  const alive = () => {
    clearTimeout(beat);
    beat = setTimeout(lost, 25000);
    if (gone) { gone = false; drawTold(); }
  };
  source.onopen = alive;
  source.onerror = lost;
  source.addEventListener("beat", alive);
  for (const kind of Object.keys(hear)) {
    source.addEventListener(kind, (event) => { alive(); hear[kind](JSON.parse(event.data)); });
  }
}

// What is drawn.
function draw() {
  document.title = `${film ? flat(film.title) : "Studio"} – studio`;
  named("file").textContent = state.file;
  named("title").textContent = film ? film.title : "Studio";
  named("put-back").hidden = state.read_only || !written;
  fill(named("states"), film && [film.states, film.spent, film.budget, film.to_buy, film.remote], () => film ? [
    film.states.map(([words, tone]) => h("li", { class: tone }, h("i", { class: "dot" }), words)),
    film.remote ? h("li", { class: "dim" }, `${film.spent} spent${film.budget ? ` of ${film.budget}` : ""}`) : null,
    film.to_buy ? h("li", { class: "dim" }, `${film.to_buy} at most still to buy`) : null,
  ] : []);
  drawTold();
  drawFilm();
  drawStrip();
  drawShot();
}
function drawTold() {
  const lines = [];
  if (gone) lines.push(failure({ message: "The studio does not answer. This page waits for it.", hint: "If it was stopped, start it again and open the address that it prints." }));
  if (state && state.gone) lines.push(failure(state.gone));
  if (state && state.error) lines.push(failure(state.error));
  if (state && state.problems.length) {
    const count = state.problems.length;
    lines.push(h("section", { class: "problems", "aria-label": "Problems" }, h("h2", {}, `${count} ${count === 1 ? "problem" : "problems"}`),
      film ? h("p", { class: "dim" }, "Below is the film as it was when it was last good.") : null, state.problems.map(problem)));
  }
  if (film && film.misfit) lines.push(failure({ message: `It cannot be cut as it stands: ${film.misfit}`, hint: "Below, every shot is as long as it is ordered." }));
  if (draft.error) lines.push(failure({ message: `The draft was not drawn: ${draft.error.message}`, hint: draft.error.hint }));
  if (shooting.said) lines.push(h("p", { class: "dim" }, bdi(shooting.said)));
  if (note) lines.push(h("div", { class: "note-line" }, note, h("button", { type: "button", "aria-label": "Close this message", onclick() { note = null; drawTold(); } }, "×")));
  const key = [gone, state && [state.gone, state.error, state.problems], film && film.misfit, draft.error, shooting.said, note && note.textContent];
  fill(named("told"), key, () => lines);
}
function drawFilm() {
  const one = film && film.film;
  player.hidden = !one;
  named("no-film").hidden = Boolean(one);
  if (one && player.getAttribute("src") !== one.url) {
    const at = player.currentTime, on = !player.paused;
    player.src = one.url;
    if (one.poster) player.poster = one.poster;
    player.addEventListener("loadedmetadata", () => {
      if (at) player.currentTime = Math.min(at, player.duration);
      if (on) player.play().catch(() => {});
    }, { once: true });
  }
  const busy = draft.done === false;
  const how = draft.part !== undefined ? `cutting the draft, ${Math.floor(draft.part * 100)} %` : draft.shot ? `drawing ${draft.shot}` : "drawing";
  named("why-dark").textContent = !film ? "There is no film to show yet." : busy ? `The film is being drawn, free: ${how}` : state.read_only || draft.error ? "The film is not cut yet." : "The film is drawn in a moment, free.";
  fill(named("under"), [one && [one.kind, one.older, one.made], busy && how], () => [
    one && one.older ? h("strong", { class: "alert" }, `The storyboard has changed since this ${one.kind} was made.`) : null,
    one && !one.older ? h("span", {}, one.kind === "draft" ? "Draft, as the storyboard says now" : "The film, as the storyboard says now") : null,
    busy && one ? h("span", { class: "busy" }, bdi(how)) : null,
  ]);
}
function drawStrip() {
  const cells = film ? film.shots : [];
  const track = named("track");
  track.style.setProperty("--count", cells.length);
  fill(named("scenes"), film && film.scenes, () => film ? film.scenes.map((one) => h("span", { left: percent(one.left), "--w": percent(one.width) }, bdi(one.title))) : []);
  fill(named("ruler"), film && film.ticks, () => film ? film.ticks.map((one) => h("span", { left: percent(one.left) }, one.text)) : []);
  fill(named("names"), cells.map((one) => [one.id, one.left, one.width, one.tone]), () => cells.map((one) => h("span", { class: one.tone, left: percent(one.left), "--w": percent(one.width) }, bdi(one.id))));
  const parts = cells.map((one) => [one.id, one.left, one.width, one.edge, one.lead, one.color, one.reel, one.word]);
  fill(named("strip"), parts, () => cells.map((one) => [
    h("button", {
      type: "button", class: one.reel ? "cell" : "cell blank", id: `cell ${one.id}`, left: percent(one.left), "--w": percent(one.width), "--n": one.steps, "--a": one.shape,
      "--k": Math.floor((one.steps - 1) / 2), "background-image": one.reel ? `url(${one.reel})` : null, "clip-path": edge(one),
      "aria-label": flat(`${one.number} ${one.id}, ${one.begin} to ${one.end}, ${one.word}`), onclick: () => choose(one.id),
      onpointermove: (event) => scrub(event, one), onpointerleave: (event) => event.currentTarget.style.setProperty("--k", Math.floor((one.steps - 1) / 2)),
    }),
    one.edge === "dip" ? h("i", { class: "dip", left: percent(one.left), "--w": percent(one.width * one.lead), "--c": /^#[0-9a-f]{6}$/i.test(one.color) ? one.color : "#000000" }) : null,
  ]));
  markStrip();
}
function edge(one) {
  const lead = percent(one.lead);
  return { mix: `polygon(${lead} 0, 100% 0, 100% 100%, 0 100%)`, wipe: `polygon(0 0, 100% 0, 100% 100%, 0 100%, ${lead} 50%)`, dip: `inset(0 0 0 ${percent(one.lead / 2)})` }[one.edge] || null;
}
function scrub(event, one) {
  const box = event.currentTarget.getBoundingClientRect();
  const step = Math.floor((event.clientX - box.left) / box.width * one.steps);
  event.currentTarget.style.setProperty("--k", Math.max(0, Math.min(one.steps - 1, step)));
}
function markStrip() {
  for (const cell of named("strip").querySelectorAll(".cell")) {
    const own = cell.id === `cell ${selected}`;
    cell.classList.toggle("now", own);
    if (own) cell.setAttribute("aria-current", "true");
    else cell.removeAttribute("aria-current");
  }
}
function drawShot() {
  const one = shot();
  const buying = shooting.done === false ? shooting : {};
  fill(named("shot"), [one, taken, beside, state && state.read_only, buying.shot, buying.state], () => one ? [looked(one), told(one, buying)] : []);
}

// One shot: its clip, its takes, and what is said of it.
const clipOf = (one) => one.takes[taken - 1] || one.stands;
function looked(one) {
  const now = clipOf(one), url = now && now.url;
  const label = now && now.number ? `Take ${now.number} of ${one.id}` : `${one.shows || "picture"} of ${one.id}`;
  const clip = (take, extra) => h("video", { playsinline: true, preload: "metadata", ".muted": true, src: take.url, "aria-label": flat(label), ...extra });
  const view = beside && one.takes.length > 1
    ? h("div", { class: "beside" }, one.takes.map((take) => h("figure", { class: take.circled ? "circled" : "" },
      take.url ? clip(take, { class: "clip", "aria-label": flat(`Take ${take.number} of ${one.id}`) }) : h("p", { class: "none" }, "not here"), h("figcaption", {}, `Take ${take.number}`))))
    : url ? clip(now, { class: "clip", id: "clip", controls: true, poster: null })
      : one.reel ? h("div", { class: "still", "--n": one.steps, "background-image": `url(${one.reel})`, role: "img", "aria-label": flat(label) })
        : h("p", { class: "none" }, "not shot yet");
  return h("div", { class: "look", "--shape": `${film.width} / ${film.height}` }, view,
    one.takes.length > 1 ? h("p", { class: "row" }, h("button", { type: "button", id: "beside", "aria-pressed": String(beside), onclick: compare }, "Side by side ", h("kbd", {}, "C")),
      beside ? h("button", { type: "button", id: "in-step", onclick: toggle }, "Play in step ", h("kbd", {}, "Space")) : null) : null,
    one.takes.length ? h("ul", { class: "takes", "aria-label": "Takes" }, one.takes.map((take, index) => takeOf(one, take, index + 1))) : null,
    one.stills.length ? h("div", { class: "ends" }, one.stills.map((end) => h("figure", {}, h("figcaption", {}, end.name, end.like ? h("span", {}, `${end.like} alike`) : null),
      h("div", { class: "pair" }, [["asked", end.words], ["came", one.shows]].map(([which, words]) => end[which]
        ? h("img", { src: end[which], alt: flat(`${end.name} ${which === "asked" ? "asked for" : "that came"}: ${words}`) }) : h("span", { class: "none" }, which === "asked" ? bdi(words || "not asked for") : "not shot yet")))))) : null);
}
function takeOf(one, take, index) {
  const words = [take.cost, take.circled ? "in the cut" : "", take.fits ? "" : "for an earlier text"].filter(Boolean).join(", ");
  return h("li", { class: take.circled ? "circled" : "" },
    h("button", { type: "button", class: "thumb", id: `take-${index}`, "aria-pressed": String(taken === index), "aria-label": `Look at take ${take.number}, ${words}`, onclick: () => lookAt(index) },
      take.picture ? h("img", { src: take.picture, alt: "" }) : h("span", { class: "none" }, "not here"), h("span", {}, h("b", {}, take.number), ` ${words}`)),
    take.note ? h("p", { class: "dim" }, bdi(take.note)) : null,
    state.read_only || take.circled ? null : h("button", { type: "button", id: `pick-${index}`, onclick: () => edit({ shot: one.id, choose: take.name }, `Let take ${take.number} be in the cut`) }, "Put into the cut"));
}
function told(one, buying) {
  const way = { removed: "del", added: "ins" };
  return h("div", { class: "tell" },
    h("header", {}, h("span", { class: "number" }, one.number), h("h2", {}, bdi(one.id)), chip(one.word, one.tone), one.badges.map((badge) => chip(badge, "badge"))),
    h("p", { class: "when" }, `${one.begin} – ${one.end} · ${one.length}`),
    buying.shot && buying.shot.split(" ")[0] === one.id ? h("p", { class: "busy" }, bdi(`another take: ${buying.state || "ordered"}`)) : null,
    one.why ? h("p", { class: `why ${one.tone}` }, bdi(one.why)) : null,
    one.words ? h("p", { class: "prompt" }, bdi(one.words)) : null, one.prompt.filter(Boolean).map((text) => h("p", { class: "prompt" }, bdi(text))),
    one.negative ? h("p", { class: "dim" }, "without ", bdi(one.negative)) : null,
    one.changed.length ? h("details", { class: "changed", open: true }, h("summary", {}, "Changed since its take"), one.changed.map((field) => h("p", {}, h("b", {}, bdi(field.name)), " ",
      field.pieces.length ? field.pieces.map(([kind, text]) => h(way[kind] || "span", {}, bdi(text)))
        : field.line ? bdi(field.line) : field.step.length ? [h("del", {}, bdi(field.step[0])), " ", h("ins", {}, bdi(field.step[1]))]
          : field.lines.map(([sign, text]) => h(sign === "-" ? "del" : "ins", {}, bdi(text), " "))))) : null,
    one.captions.length ? h("p", { class: "says" }, one.captions.map((text) => h("q", {}, bdi(text)))) : null,
    one.warnings.length ? h("ul", { class: "warnings" }, one.warnings.map((text) => h("li", {}, bdi(text)))) : null,
    state.read_only ? (one.note ? h("p", { class: "note" }, bdi(one.note)) : null) : form(one),
    h("dl", { class: "facts" }, one.facts.map(([name, text]) => h("div", {}, h("dt", {}, name), h("dd", {}, bdi(text))))));
}
function form(one) {
  const mine = { ...one.values, ...typed[one.id] };
  const put = (name) => (event) => { (typed[one.id] ??= {})[name] = event.target.type === "checkbox" ? event.target.checked : event.target.value; };
  const text = (name, words, hint) => h("label", {}, words, h("input", { id: `set-${name}`, ".value": mine[name], placeholder: hint, autocomplete: "off", spellcheck: "false", maxlength: "40", oninput: put(name) }));
  const flag = (name, words) => h("label", { class: "flag" }, h("input", { id: `set-${name}`, type: "checkbox", ".checked": mine[name], oninput: put(name) }), words);
  return h("form", { class: "edit", id: "edit", "aria-label": flat(`Edit ${one.id}`), onsubmit(event) { event.preventDefault(); edit({ shot: one.id, values: typed[one.id] || {} }, `Change ${one.id}`); } },
    h("div", { class: "grid" }, text("in", "In", "start"), text("out", "Out", "end"), text("length", "Length", "all")),
    one.last ? null : h("div", { class: "grid" }, h("label", {}, "Transition to the next", h("select", { id: "set-transition", onchange: put("transition") }, film.transitions.map((kind) => h("option", { value: kind, ".selected": kind === mine.transition }, kind)))),
      text("duration", "It lasts", "0.5s")),
    h("label", {}, "Note", h("textarea", { id: "set-note", rows: "2", maxlength: "4000", ".value": mine.note, oninput: put("note") })),
    h("p", { class: "row" }, flag("pin", "pinned: keeps its take"), flag("approved", "approved")),
    h("p", { class: "row" }, h("button", { class: "main", id: "show-edit" }, "Show what changes …"),
      h("button", { type: "button", id: "earlier", onclick: () => edit({ shot: one.id, step: -1 }, `Move ${one.id} forward`) }, "Earlier"),
      h("button", { type: "button", id: "later", onclick: () => edit({ shot: one.id, step: 1 }, `Move ${one.id} back`) }, "Later"),
      one.word === "stale" ? h("button", { type: "button", id: "accept", onclick: () => edit({ shot: one.id, choose: "" }, `Keep the take of ${one.id} for its new text`) }, "Keep its take …") : null,
      one.ordered && film.remote ? h("button", { type: "button", id: "retake", onclick: () => retake(one) }, "Another take …") : null));
}

// What is done. Nothing is written or bought that was not shown first.
function ask(title, body, yes, careful = false) {
  const box = named("ask");
  if (box.open) return Promise.resolve(false);
  named("ask-title").textContent = title;
  named("ask-body").replaceChildren(...[body].flat());
  named("ask-yes").textContent = yes;
  named("ask-yes").hidden = !yes;
  named("ask-no").textContent = yes ? "Leave it" : "Close";
  box.returnValue = "no";
  box.showModal();
  named(yes && !careful ? "ask-yes" : "ask-no").focus();
  return new Promise((done) => box.addEventListener("close", () => done(box.returnValue === "yes"), { once: true }));
}
async function edit(wish, title) {
  try {
    const seen = await tell("preview", wish);
    const body = [h("p", { class: "dim" }, bdi(seen.file)), patch(seen.diff)];
    if (seen.problems.length) return void await ask("Then something would be wrong", [...body, ...seen.problems.map(problem)], "");
    if (!await ask(title, body, "Write it")) return;
    await tell("apply", { ...wish, mark: seen.mark });
    if (wish.values) delete typed[wish.shot];
    written = true;
    named("put-back").hidden = false;
    note = h("p", { class: "good-news" }, bdi(`${seen.file} is written.`));
    drawTold();
  } catch (error) { await ask("Nothing was changed", failure(error), ""); }
}
async function retake(one) {
  try {
    const offer = await tell("quote", { shot: one.id });
    const free = Number(offer.price) === 0;
    const body = [h("p", { class: "price" }, free ? "free" : `$${offer.price}`), h("p", {}, free ? "It was paid for before, and has only to be fetched." : "at the most. It is charged once, and only if the shot still asks for the same."),
      offer.prompt ? h("p", { class: "prompt" }, bdi(offer.prompt)) : null, offer.left ? h("p", { class: "dim" }, `$${offer.left} of the film's budget is left.`) : null,
      offer.held_open ? h("p", { class: "alert" }, bdi(`It goes by a call that is held open (${offer.held_open}): where its line breaks, $${offer.price} may be charged for a clip that never arrives.`)) : null,
      offer.leaves ? h("p", { class: "alert" }, bdi(`${offer.leaves} ${offer.leaves === 1 ? "file leaves" : "files leave"} this machine for ${offer.host}.`)) : null].flat().filter(Boolean);
    if (!await ask(`Another take of ${one.id}`, body, free ? "Fetch it" : `Buy it for $${offer.price}`, true)) return;
    await tell("retake", { offer: offer.offer, price: offer.price });
    shooting = { done: false, shot: one.id, state: "ordered" };
    drawShot();
  } catch (error) { await ask("Nothing was bought", failure(error), ""); }
}
function choose(id) {
  if (id !== selected) { taken = 0; beside = false; }
  selected = id;
  active = "film";
  markStrip();
  drawShot();
  const one = shot();
  if (film.film && film.film.in_step && player.paused) player.currentTime = Number(one.at) + 0.001;
  const cell = named(`cell ${id}`), time = named("time");
  if (cell && time.scrollWidth > time.clientWidth) time.scrollTo({ left: cell.offsetLeft - time.clientWidth / 3, behavior: calm() ? "auto" : "smooth" });
}
function lookAt(number) {
  if (!shot() || number > shot().takes.length) return;
  taken = number;
  beside = false;
  active = "clip";
  drawShot();
}
function compare() {
  if (!shot() || shot().takes.length < 2) return;
  beside = !beside;
  active = "clip";
  drawShot();
}
const playing = () => active === "clip" && document.querySelector(".clip") ? [...document.querySelectorAll(".clip")] : [player];
function toggle() {
  const all = playing(), on = all.every((one) => one.paused);
  for (const one of all) {
    if (on && all.length > 1) one.currentTime = all[0].ended ? 0 : all[0].currentTime;
    if (on) one.play().catch(() => {});
    else one.pause();
  }
}
function shuttle(way) {
  for (const one of playing()) {
    if (way > 0) { one.playbackRate = one.paused ? 1 : Math.min(4, one.playbackRate * 2); one.play().catch(() => {}); }
    else one.pause();
    if (way < 0) one.currentTime = Math.max(0, one.currentTime - 1);
    if (way === 0) one.playbackRate = 1;
  }
}
function step(way) {
  for (const one of playing()) { one.pause(); one.currentTime = Math.max(0, one.currentTime + way / film.rate); }
}
function mark(name) {
  const clip = named("clip"), field = named(`set-${name}`);
  if (!clip || !field) return;
  field.value = `${Number(clip.currentTime.toFixed(2))}s`;
  field.dispatchEvent(new Event("input"));
  field.focus();
}
const keys = {
  " ": toggle, j: () => shuttle(-1), k: () => shuttle(0), l: () => shuttle(1), ",": () => step(-1), ".": () => step(1), c: compare, i: () => mark("in"), o: () => mark("out"),
  e: () => named("set-in") && named("set-in").focus(), "?": () => named("help").showModal(), ArrowLeft: () => go(-1), ArrowRight: () => go(1),
};
function go(way) {
  const at = film.shots.findIndex((one) => one.id === selected) + way;
  if (film.shots[at]) { choose(film.shots[at].id); if (document.activeElement.classList.contains("cell")) named(`cell ${selected}`).focus(); }
}
addEventListener("keydown", (event) => {
  const on = event.target, key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape" && on.matches("input, textarea, select")) return on.blur();
  if (on.matches("input, textarea, select") || (key === " " && on.matches("button, a, summary, video")) || (key.startsWith("Arrow") && on.matches("video"))) return;
  if (!film || !(keys[key] || /^[1-9]$/.test(key))) return;
  event.preventDefault();
  if (keys[key]) keys[key]();
  else lookAt(Number(key));
});
player.addEventListener("pointerdown", () => { active = "film"; });
player.addEventListener("timeupdate", () => {
  const head = named("playhead"), own = film && film.film && film.film.in_step && player.duration;
  head.hidden = !own || !player.currentTime;
  if (!own) return;
  head.style.left = percent(player.currentTime / player.duration);
  const now = film.shots.findLast((one) => player.currentTime / player.duration >= one.left);
  if (now && !player.paused && now.id !== selected) { selected = now.id; taken = 0; beside = false; markStrip(); if (!document.activeElement.closest("#edit")) drawShot(); }
});
named("ruler").addEventListener("click", (event) => {
  const whole = named("track").getBoundingClientRect();
  if (film.film) player.currentTime = (event.clientX - whole.left) / whole.width * player.duration;
});
named("show-help").addEventListener("click", () => named("help").showModal());
named("put-back").addEventListener("click", async () => {
  try {
    const done = await tell("put-back", {});
    written = false;
    named("put-back").hidden = true;
    note = h("p", { class: "good-news" }, bdi(`${done.written} is as it was.`));
    drawTold();
  } catch (error) { await ask("Nothing was changed", failure(error), ""); }
});
// A key that is held down agrees to nothing.
named("ask").addEventListener("keydown", (event) => { if (event.repeat && (event.key === "Enter" || event.key === " ")) event.preventDefault(); });
listen();
