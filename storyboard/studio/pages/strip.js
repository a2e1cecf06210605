// The strip: every shot in proportion to its time, as many of its frames in it as there is room for.
import { now, draws, redraw } from "./now.js";
import { bdi, fill, flat, h, named, percent, style } from "./parts.js";

const MOST = 24; // frames that one cell shows
const NAME = 1.6; // how high the names are, in the page's letters
const cells = new Map(); // the cells by the ids of their shots, each with what it was drawn from
const strip = named("strip"), track = named("track"), time = named("time"), peek = named("peek");
/** How wide the strip is, and how high the pictures in it. */
const size = () => [strip.clientWidth, strip.clientHeight - NAME * parseFloat(getComputedStyle(document.documentElement).fontSize)];
let [width, height] = [0, 0];

draws("strip", () => {
  const film = now.film, shots = film ? film.shots : [];
  style(track, { "--count": shots.length });
  fill(named("scenes"), film && film.scenes, () => film ? film.scenes.map((one) => h("span", { left: percent(one.left), "--w": percent(one.width) }, bdi(one.title))) : []);
  fill(named("ruler"), film && film.ticks, () => film ? film.ticks.map((one) => h("span", { left: percent(one.left) }, one.text)) : []);
  [width, height] = size(); // with its new number of shots, before they are there
  const known = new Set(shots.map((one) => one.id));
  for (const [id, { cell }] of cells) if (!known.has(id)) { cell.remove(); cells.delete(id); }
  shots.forEach((one, index) => {
    const cell = drawCell(one);
    if (strip.children[index] !== cell) strip.insertBefore(cell, strip.children[index] || null);
  });
  redraw("mark");
});

/** Show which shot is looked at: the only one that the tab key stops at. */
draws("mark", () => {
  for (const [id, { cell }] of cells) {
    const own = id === now.selected;
    if (own === cell.classList.contains("now") && cell.tabIndex === (own ? 0 : -1)) continue;
    cell.classList.toggle("now", own);
    cell.tabIndex = own ? 0 : -1;
    if (own) cell.setAttribute("aria-current", "true");
    else cell.removeAttribute("aria-current");
  }
});

// A cell's pictures are fetched and drawn once it comes near to where one looks, and then stay.
const nearing = new IntersectionObserver((seen) => {
  for (const one of seen.filter((each) => each.isIntersecting)) {
    one.target.classList.add("near");
    nearing.unobserve(one.target);
  }
}, { root: time, rootMargin: "0px 100%" });

/** A shot's cell; what is the same as before is left alone, and so is the cell when the focus is in it. */
function drawCell(one) {
  const still = one.steps === 1 && one.shape > 1 ? 1.6 : 1; // a still is seen less often
  const frames = one.reel ? Math.max(1, Math.min(MOST, Math.round(one.width * width / (height * one.shape * still)))) : 0;
  const drawn = cells.get(one.id) || { cell: h("button", { type: "button", class: "cell", id: `cell ${one.id}`, tabindex: "-1" }), look: "", place: "" };
  if (!cells.has(one.id)) nearing.observe(drawn.cell);
  cells.set(one.id, drawn);
  const { cell } = drawn;
  const place = JSON.stringify([one.left, one.width, one.number, one.begin, one.end, one.word]);
  if (drawn.place !== place) {
    drawn.place = place;
    style(cell, { left: percent(one.left), "--w": percent(one.width) });
    cell.setAttribute("aria-label", flat(`${one.number} ${one.id}, ${one.begin} to ${one.end}, ${one.word}`));
  }
  const name = one.width * width < 6.5 * one.id.length + 12 ? one.number : one.id; // the number where there is no room
  const blank = frames ? "" : one.awaited ? "awaited" : "blank";
  const look = JSON.stringify([frames, name, blank, one.reel, one.steps, one.shape, one.edge, one.lead, one.color, one.tone]);
  if (drawn.look !== look) {
    drawn.look = look;
    style(cell, { "--reel": one.reel ? `url(${one.reel})` : "none", "--n": one.steps, "--a": one.shape, "--c": frames });
    const shown = Array.from({ length: frames }, (_, index) => h("i", { "--k": Math.floor((2 * index + 1) * one.steps / (2 * frames)) }));
    cell.replaceChildren(
      h("span", { class: `frames ${blank}`, "clip-path": edge(one) }, shown),
      ...(one.edge === "dip" ? [h("i", { class: "dip", "--w": percent(one.lead), "--through": /^#[0-9a-f]{6}$/i.test(one.color) ? one.color : "#000000" })] : []),
      h("span", { class: `name ${one.tone}` }, bdi(name)));
  }
  return cell;
}
function edge(one) {
  const lead = percent(one.lead);
  return { mix: `polygon(${lead} 0, 100% 0, 100% 100%, 0 100%)`, wipe: `polygon(0 0, 100% 0, 100% 100%, 0 100%, ${lead} 50%)`, dip: `inset(0 0 0 ${percent(one.lead / 2)})` }[one.edge] || null;
}

/** Bring the cell of the shot that is looked at into sight. */
export function reveal(smoothly) {
  const drawn = cells.get(now.selected);
  if (!drawn || time.scrollWidth <= time.clientWidth) return;
  time.scrollTo({ left: drawn.cell.offsetLeft - time.clientWidth / 3, behavior: smoothly ? "smooth" : "auto" });
}

// Under a pointer, the frame that is there, at its time.
strip.addEventListener("pointermove", (event) => {
  const cell = event.pointerType !== "touch" && event.target.closest(".cell");
  const one = cell && now.film.shots.find((other) => cells.get(other.id).cell === cell);
  if (!one || !one.reel) { peek.hidden = true; return; }
  const box = cell.getBoundingClientRect(), share = Math.max(0, Math.min(0.9999, (event.clientX - box.left) / box.width));
  const room = named("line").getBoundingClientRect(), seconds = (one.left + share * one.width) * now.film.seconds;
  peek.hidden = false;
  style(peek, { "--reel": `url(${one.reel})`, "--n": one.steps, "--a": one.shape, "--k": Math.floor(share * one.steps), "--x": `${event.clientX - room.left}px` });
  named("peek-time").textContent = `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, "0")}`;
});
for (const left of ["pointerleave", "pointerdown"]) strip.addEventListener(left, () => { peek.hidden = true; });

// How many frames a cell has room for depends on how large the strip is.
new ResizeObserver(() => {
  const [wide, high] = size();
  if (now.film && (width !== wide || height !== high)) redraw("strip");
}).observe(strip);
