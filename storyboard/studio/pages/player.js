// What plays: the film, or the clips of the shot that is looked at; by keys, and where it stands.
import { retake } from "./acts.js";
import { now, redraw, shot } from "./now.js";
import { calm, named, percent } from "./parts.js";
import { lookAt } from "./shot.js";
import { reveal } from "./strip.js";

const player = named("film");

/** Look at another shot; where the film stands still, it goes there. */
export function choose(id) {
  if (id !== now.selected) { now.taken = 0; now.beside = false; }
  now.selected = id;
  now.active = "film";
  redraw("mark", "shot");
  if (now.film.film && now.film.film.in_step && player.paused) player.currentTime = Number(shot().at) + 0.001;
  reveal(!calm());
}
function go(way) {
  const at = now.film.shots.findIndex((one) => one.id === now.selected) + way;
  if (!now.film.shots[at]) return;
  const inside = document.activeElement.classList.contains("cell");
  choose(now.film.shots[at].id);
  if (inside) named(`cell ${now.selected}`).focus({ preventScroll: true });
}

/** Look at the takes of the shot side by side, or not any more. */
export function compare() {
  if (!shot() || shot().takes.length < 2) return;
  now.beside = !now.beside;
  now.active = "clip";
  player.pause();
  redraw("shot");
}
const playing = () => {
  const clips = now.active === "clip" ? [...document.querySelectorAll(".clip")] : [];
  return clips.length ? clips : [player];
};

/** Play, or stand still; several clips in step, from where the first of them stands. */
export function toggle() {
  const all = playing(), on = all.every((one) => one.paused), from = all[0].ended ? 0 : all[0].currentTime;
  for (const one of all) {
    if (on && all.length > 1) one.currentTime = from;
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
  for (const one of playing()) { one.pause(); one.currentTime = Math.max(0, one.currentTime + way / now.film.rate); }
}
/** Write where the clip stands into a field of the form. */
function mark(name) {
  const clip = named("clip"), field = named(`set-${name}`);
  if (!clip || !field) return;
  field.value = `${Number(clip.currentTime.toFixed(2))}s`;
  field.dispatchEvent(new Event("input"));
  field.focus();
}

const press = (id) => named(id) && named(id).focus();
const keys = {
  " ": toggle, j: () => shuttle(-1), k: () => shuttle(0), l: () => shuttle(1), ",": () => step(-1), ".": () => step(1), c: compare, i: () => mark("in"), o: () => mark("out"),
  e: () => press("set-in"), t: () => { if (named("retake")) retake(shot()); }, "?": () => named("help").showModal(), ArrowLeft: () => go(-1), ArrowRight: () => go(1),
};
addEventListener("keydown", (event) => {
  const on = event.target, key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape" && on.matches("input, textarea, select")) return on.blur();
  if (on.matches("input, textarea, select") || (key === " " && on.matches("button:not(.cell.now, .thumb[aria-pressed=true]), a, summary, video")) || (key.startsWith("Arrow") && on.matches("video"))) return;
  if (!now.film || !(keys[key] || /^[1-9]$/.test(key))) return;
  event.preventDefault();
  if (keys[key]) keys[key]();
  else lookAt(Number(key));
});
player.addEventListener("pointerdown", () => { now.active = "film"; });
named("viewer").addEventListener("pointerdown", (event) => { if (event.target.matches("video")) now.active = "clip"; });

// The strip follows the film.
function follow() {
  const own = now.film && now.film.film && now.film.film.in_step && player.duration, head = named("playhead");
  head.hidden = !own || !player.currentTime;
  if (!own) return;
  const share = player.currentTime / player.duration;
  head.style.left = percent(share);
  const one = now.film.shots.findLast((other) => share >= other.left);
  if (one && !player.paused && one.id !== now.selected) {
    now.selected = one.id;
    now.taken = 0;
    now.beside = false;
    redraw("mark");
    if (!document.activeElement.closest("#edit")) redraw("shot");
    reveal(false);
  }
}
for (const event of ["timeupdate", "seeked", "loadedmetadata"]) player.addEventListener(event, follow);
named("ruler").addEventListener("click", (event) => {
  const whole = named("track").getBoundingClientRect();
  if (now.film.film) player.currentTime = (event.clientX - whole.left) / whole.width * player.duration;
});
