// The studio's page: what it is told comes as events, what it does is posted. See `storyboard/studio/`.
import { putBack } from "./acts.js";
import { comeBack, keep } from "./again.js";
import { now, draws, redraw, shot } from "./now.js";
import { bdi, failure, fill, flat, forget, h, named, problem, style } from "./parts.js";
import { choose } from "./player.js";
import { lookAt } from "./shot.js";

// What is heard.
const hear = {
  run(value) {
    if (!keep(value)) return; // else everything is at another address now
    Object.assign(now, { draft: {}, shooting: {}, written: false });
    forget();
    named("film").removeAttribute("src");
  },
  state(value) {
    now.state = value;
    now.film = value.film;
    if (now.film && !now.film.shots.some((one) => one.id === now.selected)) now.selected = now.film.shots[0].id;
    redraw("head", "told", "film", "strip", "shot");
    showFresh();
  },
  pictures(value) { // of the film that was told last, as they are made
    for (const [index, pictures] of value) Object.assign(now.film.shots[index], pictures);
    redraw("strip", "shot");
  },
  draft(value) {
    now.draft = value;
    redraw("told", "film");
  },
  shooting(value) {
    const ended = value.done && now.shooting.done === false;
    now.shooting = value.done ? value : { ...now.shooting, ...value, shot: (value.shot || now.shooting.shot || "").split(" ")[0] };
    if (ended && value.takes) {
      now.note = `${value.shot}: ${value.takes.length ? `${value.takes.length > 1 ? "takes" : "take"} ${value.takes.join(", ")} ${value.takes.length > 1 ? "are" : "is"} here` : "nothing new came"}; $${value.spent} spent.`;
      now.fresh = { shot: value.shot, number: value.takes[0] };
    }
    if (value.error) now.note = value.error;
    redraw("told", "shot");
    showFresh();
  },
};
/** A take that has just been bought is looked at, as soon as the page knows of it. */
function showFresh() {
  const one = shot(), index = one && now.fresh && now.fresh.shot === one.id ? one.takes.findIndex((take) => take.number === now.fresh.number) : -1;
  if (index < 0) return;
  now.fresh = null;
  lookAt(index + 1);
}
function listen() {
  const source = new EventSource("events");
  let beat = 0;
  const lost = () => {
    source.close();
    clearTimeout(beat);
    now.gone = true;
    redraw("told");
    setTimeout(() => comeBack().finally(listen), 700);
  };
  const alive = () => {
    clearTimeout(beat);
    beat = setTimeout(lost, 25000);
    if (now.gone) { now.gone = false; redraw("told"); }
  };
  source.onopen = alive;
  source.onerror = lost;
  source.addEventListener("beat", alive);
  for (const kind of Object.keys(hear)) {
    source.addEventListener(kind, (event) => { alive(); hear[kind](JSON.parse(event.data)); });
  }
}

// What is drawn of the film as a whole.
draws("head", () => {
  const { state, film } = now;
  document.title = `${film ? flat(film.title) : "Studio"} – studio`;
  named("file").textContent = [state.file, state.variant].filter(Boolean).join(" · ");
  named("title").textContent = film ? film.title : "Studio";
  named("put-back").hidden = state.read_only || !now.written;
  if (film) style(document.body, { "--ratio": film.width / film.height });
  document.body.classList.toggle("tall", Boolean(film && film.height > film.width));
  fill(named("states"), film && [film.length, film.states, film.spent, film.budget, film.to_buy, film.remote], () => film ? [
    h("li", {}, film.length),
    film.states.map(([words, tone]) => h("li", { class: tone }, h("i", { class: "dot" }), words)),
    film.remote ? h("li", { class: "dim" }, `${film.spent} spent${film.budget ? ` of ${film.budget}` : ""}`) : null,
    film.to_buy ? h("li", { class: "dim" }, `${film.to_buy} at most still to buy`) : null,
  ] : []);
});
draws("told", () => {
  const { state, film, draft, shooting, note } = now;
  const key = [now.gone, state && [state.moved, state.gone, state.error, state.problems], film && film.misfit, draft.error, shooting.done === false && [shooting.said, shooting.shot, shooting.state], note];
  fill(named("told"), key, lines);
});
/** What has to be said, above the film. */
function lines() {
  const { state, film, draft, shooting, note } = now, lines = [];
  if (now.gone) lines.push(failure({ message: "The studio does not answer. This page waits for it.", hint: `If it was stopped, start it again: storyboard studio ${[state ? state.file : "FILE", state && state.variant].filter(Boolean).join(" --variant ")}. Within an hour this page goes on by itself; later, open the address that it prints.` }));
  if (state && state.moved) lines.push(failure(state.moved));
  if (state && state.gone) lines.push(failure(state.gone));
  if (state && state.error) lines.push(failure(state.error));
  if (state && state.problems.length) {
    const count = state.problems.length;
    lines.push(h("section", { class: "problems", "aria-label": "Problems" }, h("h2", {}, `${count} ${count === 1 ? "problem" : "problems"}`),
      film ? h("p", { class: "dim" }, "Below is the film as it was when it was last good.") : null, state.problems.map(problem)));
  }
  if (film && film.misfit) lines.push(failure({ message: `It cannot be cut as it stands: ${film.misfit}`, hint: "Below, every shot is as long as it is ordered." }));
  if (draft.error) lines.push(failure({ message: `The draft was not drawn: ${draft.error.message}`, hint: draft.error.hint }));
  if (shooting.done === false) lines.push(h("p", { class: "wait-line" }, h("span", { class: "busy" }, bdi(shooting.said || `Another take of ${shooting.shot}: ${shooting.state}`))));
  if (note) lines.push(h("div", { class: "note-line" }, note.message ? failure(note) : h("p", {}, bdi(note)), h("button", { type: "button", "aria-label": "Close this message", onclick() { now.note = null; redraw("told"); } }, "×")));
  return lines;
}
draws("film", () => {
  const { film, draft } = now, one = film && film.film, player = named("film");
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
  named("why-dark").textContent = !film ? "There is no film to show yet." : busy ? `The film is being drawn, free: ${how}` : now.state.read_only || draft.error ? "The film is not cut yet." : "The film is drawn in a moment, free.";
  fill(named("under"), [one && [one.kind, one.older, one.made], busy && how], () => [
    one && one.older ? h("strong", { class: "alert" }, `The storyboard has changed since this ${one.kind} was made.`) : null,
    one && !one.older ? h("span", {}, one.kind === "draft" ? "Draft, as the storyboard says now" : "The film, as the storyboard says now") : null,
    busy && one ? h("span", { class: "busy" }, bdi(how)) : null,
  ]);
});

named("strip").addEventListener("click", (event) => {
  const cell = event.target.closest(".cell");
  if (cell) choose(cell.id.slice("cell ".length));
});
named("show-help").addEventListener("click", () => named("help").showModal());
named("put-back").addEventListener("click", putBack);
listen();
