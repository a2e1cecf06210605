// Small parts of the page: elements whose texts are texts, and what the studio is told.

/** An element: attributes, properties (`.name`), listeners (`onname`), styles (`--name`), and children. A text is never markup. */
export function h(tag, given = {}, ...children) {
  const one = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith(".")) one[name.slice(1)] = value;
    else if (name.startsWith("on")) one.addEventListener(name.slice(2), value);
    else if (name.startsWith("--") || name === "left" || name === "clip-path") one.style.setProperty(name, value);
    else one.setAttribute(name, value === true ? "" : value);
  }
  one.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return one;
}

/** Set styles of an element. */
export function style(one, given) {
  for (const [name, value] of Object.entries(given)) one.style.setProperty(name, value);
}

export const named = (id) => document.getElementById(id);
export const percent = (share) => `${(share * 100).toFixed(4)}%`;
export const bdi = (text) => h("bdi", {}, String(text));
/** A text for a label: signs that turn its direction cannot run over. */
export const flat = (text) => String(text).replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "\ufffd").replace(/\s+/g, " ");
export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
export const chip = (word, tone) => h("span", { class: `chip ${tone}` }, bdi(word));

/** Put children into a place, but only when they are others: what has the focus keeps it, and the caret in it its place. */
const shown = new Map();
export const forget = () => shown.clear();
export function fill(place, key, make) {
  const text = JSON.stringify(key);
  if (shown.get(place.id) === text) return;
  shown.set(place.id, text);
  const { id, selectionStart, selectionEnd } = place.contains(document.activeElement) ? document.activeElement : {};
  place.replaceChildren(...[make()].flat(Infinity).filter((child) => child || child === 0));
  const again = id && named(id);
  if (!again) return;
  again.focus({ preventScroll: true });
  if (typeof selectionStart === "number") again.setSelectionRange(selectionStart, selectionEnd);
}

/** Tell the studio something; its answer, or an Error with a hint. */
export async function tell(act, body) {
  let answer;
  try {
    answer = await fetch(act, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  } catch {
    throw Object.assign(new Error("the studio does not answer"), { hint: "start it again: storyboard studio" });
  }
  const value = await answer.json().catch(() => ({ message: "the studio gave an answer that nobody understands" }));
  if (!answer.ok) throw Object.assign(new Error(value.message), value);
  return value;
}

/** A patch, each line in the colour of what becomes of it. */
export function patch(lines) {
  const kind = (line) => line.startsWith("+") ? "came" : line.startsWith("-") ? "went" : line.startsWith("@@") ? "dim" : "";
  return h("pre", { class: "patch", tabindex: "0", "aria-label": "What changes" }, lines.map((line) => h("span", { class: kind(line) }, bdi(line || " "), "\n")));
}

/** A problem at its line, with the source around it. */
export function problem(one) {
  const from = one.included_from ? `, included from ${one.included_from}` : "";
  return h("article", { class: "problem" },
    h("p", {}, h("b", {}, bdi(`${one.file}:${one.line}:${one.column}${from}`)), " ", bdi(one.message)),
    one.source.length ? h("pre", { class: "source" }, one.source.map((line) => [
      h("span", { class: line.number === one.line ? "here" : "" }, h("i", {}, String(line.number).padStart(4)), " ", bdi(line.text)), "\n",
      line.number === one.line ? h("span", { class: "caret", "aria-hidden": "true" }, `${" ".repeat(Math.min(400, one.column + 4))}^\n`) : null,
    ])) : null,
    one.hint ? h("p", { class: "dim" }, "→ ", bdi(one.hint)) : null);
}

/** An error in words. */
export const failure = (error) => h("div", { class: "alert" }, h("p", {}, bdi(error.message)),
  error.hint ? h("p", { class: "dim" }, "→ ", bdi(error.hint)) : null, (error.problems || []).map(problem));
