// The shot that is looked at: its clip and its takes on the stage, and below what is said of it, and what can be changed.
import { edit, retake } from "./acts.js";
import { now, draws, redraw, shot } from "./now.js";
import { bdi, chip, fill, flat, h, named } from "./parts.js";
import { compare, toggle } from "./player.js";

draws("shot", () => {
  const one = shot(), coming = one && now.shooting.done === false && now.shooting.shot === one.id ? now.shooting : {};
  const beside = Boolean(one && now.beside && one.takes.length > 1);
  named("stage").classList.toggle("comparing", beside);
  fill(named("clips"), one && [one.id, urlOf(one) || [Boolean(chosenOf(one)), one.reel, one.steps], one.worn, now.state.read_only, beside && one.takes, labelOf(one)], () => one ? beside ? compared(one) : [clipOf(one), h("p", { class: "under" }, labelOf(one), urlOf(one) && one.worn ? h("span", {}, `as it was shot; the film ${one.worn}`) : null)] : []);
  fill(named("takes"), one && [one.id, one.takes, now.taken, beside, now.state.read_only, coming.shot, coming.state, coming.bytes], () => one ? takes(one, coming, beside) : []);
  fill(named("shot"), one && [one, now.state.read_only], () => one ? [words(one), now.state.read_only ? facts(one) : [h("div", { class: "change" }, form(one), facts(one))]] : []);
});

/** Look at a take of the shot, by its place from 1; 0 for what stands for it now. */
export function lookAt(number) {
  if (!shot() || number > shot().takes.length) return;
  now.taken = number;
  now.beside = false;
  now.active = "clip";
  redraw("shot");
}

const chosenOf = (one) => one.takes[now.taken - 1] || one.stands;
const urlOf = (one) => { const chosen = chosenOf(one); return chosen ? chosen.url : ""; };
const first = (one) => one.stills.length && one.stills[0].came ? one.stills[0].came : null;
/** What is seen of a shot, in words: `Take 2 of ridge`. */
function labelOf(one) {
  const chosen = chosenOf(one), circled = one.takes.find((take) => take.circled);
  const number = chosen && (chosen.number || (one.shows === "take" && circled && circled.number));
  return flat(number ? `Take ${number} of ${one.id}` : `${one.shows || one.word} of ${one.id}`.replace(/^card of/, "Card").replace(/^./, (letter) => letter.toUpperCase()));
}
const video = (one, take, given) => h("video", { class: "clip", playsinline: true, preload: "metadata", ".muted": true, src: take.url, poster: take.picture || first(one), ...given });
function clipOf(one) {
  const chosen = chosenOf(one);
  if (urlOf(one)) return video(one, chosen, { id: "clip", controls: true, "aria-label": labelOf(one) });
  if (one.reel) return h("div", { class: "still", "--n": one.steps, "--reel": `url(${one.reel})`, role: "img", "aria-label": labelOf(one) });
  return h("p", { class: "none" }, chosen ? "not here" : "not shot yet");
}
const compared = (one) => h("div", { class: "beside" }, one.takes.map((take, index) => h("figure", { class: take.circled ? "circled" : "" },
  take.url ? video(one, take, { "aria-label": flat(`Take ${take.number} of ${one.id}`) }) : h("p", { class: "none" }, "not here"),
  h("figcaption", {}, h("b", {}, `Take ${take.number}`), ` ${saidOf(take)}`), pick(one, take, index + 1))));

function takes(one, coming, beside) {
  const busy = coming.shot ? h("li", { class: "coming" }, h("span", { class: "thumb" }, h("span", { class: "none" }, h("span", { class: "busy" }, bdi(coming.state || "ordered"))),
    h("span", { class: "told" }, coming.bytes ? `${(coming.bytes / 1e6).toFixed(1)} MB` : "another take"))) : null;
  const each = beside ? [] : one.takes.map((take, index) => takeOf(one, take, index + 1));
  return [
    one.takes.length > 1 ? h("p", { class: "row" }, h("button", { type: "button", id: "beside", "aria-pressed": String(beside), onclick: compare }, "Side by side ", h("kbd", {}, "C")),
      beside ? h("button", { type: "button", id: "in-step", onclick: toggle }, "Play in step ", h("kbd", {}, "Space")) : null) : null,
    each.length || busy ? h("ul", { class: "takes", "aria-label": "Takes" }, each, busy) : null,
  ];
}
function takeOf(one, take, index) {
  const picture = take.picture || (take.circled && take.url ? first(one) : ""), said = saidOf(take);
  return h("li", { class: take.circled ? "circled" : "" },
    h("button", { type: "button", class: "thumb", id: `take-${index}`, "aria-pressed": String(now.taken === index), "aria-label": `Look at take ${take.number}, ${said}`, onclick: () => lookAt(index) },
      picture ? h("img", { src: picture, alt: "" }) : h("span", { class: "none" }, "not here"), h("span", { class: "told" }, h("b", {}, take.number), ` ${said}`)),
    take.note ? h("p", { class: "dim" }, bdi(take.note)) : null, pick(one, take, index));
}
const saidOf = (take) => [take.cost, take.circled ? "in the cut" : "", take.fits ? "" : "for an earlier text"].filter(Boolean).join(", ");
const pick = (one, take, index) => now.state.read_only || take.circled ? null : h("button", { type: "button", class: "pick", id: `pick-${index}`, "aria-label": `Put take ${take.number} into the cut`,
  onclick: () => edit({ shot: one.id, choose: take.name }, `Let take ${take.number} be in the cut`) }, "Put into the cut");

function words(one) {
  const way = { removed: "del", added: "ins" };
  return h("div", { class: "tell" },
    h("header", {}, h("span", { class: "number" }, one.number), h("h2", {}, bdi(one.id)), chip(one.word, one.tone), one.badges.map((badge) => chip(badge, "badge"))),
    h("p", { class: "when" }, `${one.begin} – ${one.end} · ${one.length}`),
    one.why ? h("p", { class: `why ${one.tone}` }, bdi(one.why)) : null,
    one.words ? h("p", { class: "prompt" }, bdi(one.words)) : null, one.prompt.filter(Boolean).map((text) => h("p", { class: "prompt" }, bdi(text))),
    one.negative ? h("p", { class: "dim" }, "without ", bdi(one.negative)) : null,
    one.changed.length ? h("details", { class: "changed", open: true }, h("summary", {}, "Changed since its take"), one.changed.map((field) => h("p", {}, h("b", {}, bdi(field.name)), " ",
      field.pieces.length ? field.pieces.map(([kind, text]) => h(way[kind] || "span", {}, bdi(text)))
        : field.line ? bdi(field.line) : field.step.length ? [h("del", {}, bdi(field.step[0])), " ", h("ins", {}, bdi(field.step[1]))]
          : field.lines.map(([sign, text]) => h(sign === "-" ? "del" : "ins", {}, bdi(text), " "))))) : null,
    one.captions.length ? h("p", { class: "says" }, one.captions.map((text) => h("q", {}, bdi(text)))) : null,
    one.warnings.length ? h("ul", { class: "warnings" }, one.warnings.map((text) => h("li", {}, bdi(text)))) : null,
    now.state.read_only && one.note ? h("p", { class: "note" }, bdi(one.note)) : null,
    one.stills.length ? h("div", { class: "ends" }, one.stills.map((end) => stillsOf(one, end))) : null);
}
function stillsOf(one, end) {
  const picture = (which, told, words) => h("div", {}, h("img", { src: end[which], alt: flat(`${end.name} ${told}: ${words}`) }), h("small", {}, told));
  return h("figure", {}, h("figcaption", {}, end.name, end.like ? h("span", {}, `${end.like} alike`) : null),
    h("div", { class: "pair" }, end.asked ? picture("asked", "asked for", end.words) : null,
      end.came ? picture("came", one.shows || "footage", one.id) : end.asked ? h("div", {}, h("span", { class: "none" }, "not shot yet")) : null));
}
const facts = (one) => h("dl", { class: "facts" }, one.facts.map(([name, text]) => h("div", {}, h("dt", {}, name), h("dd", {}, bdi(text)))));

function form(one) {
  const mine = { ...one.values, ...now.typed[one.id] };
  const put = (name) => (event) => { (now.typed[one.id] ??= {})[name] = event.target.type === "checkbox" ? event.target.checked : event.target.value; };
  const text = (name, told, hint) => h("label", {}, told, h("input", { id: `set-${name}`, ".value": mine[name], placeholder: hint, autocomplete: "off", spellcheck: "false", maxlength: "40", oninput: put(name) }));
  const flag = (name, told) => h("label", { class: "flag" }, h("input", { id: `set-${name}`, type: "checkbox", ".checked": mine[name], oninput: put(name) }), told);
  const act = (id, told, onclick) => h("button", { type: "button", id, onclick }, told);
  return h("form", { class: "edit", id: "edit", "aria-label": flat(`Edit ${one.id}`), onsubmit(event) { event.preventDefault(); edit({ shot: one.id, values: now.typed[one.id] || {} }, `Change ${one.id}`); } },
    h("div", { class: "grid three" }, text("in", "In", "start"), text("out", "Out", "end"), text("length", "Length", "all")),
    one.last ? null : h("div", { class: "grid" }, h("label", {}, "Transition to the next", h("select", { id: "set-transition", onchange: put("transition") },
      now.film.transitions.map((kind) => h("option", { value: kind, ".selected": kind === mine.transition }, kind)))), text("duration", "It lasts", "0.5s")),
    h("label", {}, "Note", h("textarea", { id: "set-note", rows: "2", maxlength: "4000", ".value": mine.note, oninput: put("note") })),
    h("p", { class: "row" }, flag("pin", "Pinned: keeps its take"), flag("approved", "Approved")),
    h("p", { class: "row" }, h("button", { class: "main", id: "show-edit" }, "Show what changes …"),
      one.ordered && now.film.remote ? h("span", { class: "more" }, act("retake", ["More takes … ", h("kbd", {}, "T")], () => retake(one)),
        h("select", { id: "set-count", "aria-label": "How many takes" }, [1, 2, 3, 4, 5, 6, 7, 8, 9].map((many) => h("option", {}, String(many))))) : null,
      one.word === "stale" ? act("accept", "Keep its take …", () => edit({ shot: one.id, choose: "" }, `Keep the take of ${one.id} for its new text`)) : null),
    h("p", { class: "row" }, act("earlier", "Move earlier", () => edit({ shot: one.id, step: -1 }, `Move ${one.id} forward`)),
      act("later", "Move later", () => edit({ shot: one.id, step: 1 }, `Move ${one.id} back`))));
}
