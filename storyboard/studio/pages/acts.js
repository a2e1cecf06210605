// What is done from the page. Nothing is written or bought that was not shown first.
import { now, redraw } from "./now.js";
import { bdi, failure, h, named, patch, problem, tell } from "./parts.js";

/** Ask something; whether it was agreed to. Without `yes` there is nothing to agree to; with `careful`, Enter declines. */
export function ask(title, body, yes, careful = false) {
  const box = named("ask");
  if (box.open) return Promise.resolve(false);
  const before = document.activeElement.id;
  named("ask-title").textContent = title;
  named("ask-body").replaceChildren(...[body].flat().filter(Boolean));
  named("ask-yes").textContent = yes;
  named("ask-yes").hidden = !yes;
  named("ask-no").textContent = yes ? "Leave it" : "Close";
  box.returnValue = "no";
  box.showModal();
  named(yes && !careful ? "ask-yes" : "ask-no").focus();
  return new Promise((done) => box.addEventListener("close", () => {
    if (before && named(before)) named(before).focus({ preventScroll: true });
    done(box.returnValue === "yes");
  }, { once: true }));
}
// A key that is held down agrees to nothing.
named("ask").addEventListener("keydown", (event) => { if (event.repeat && (event.key === "Enter" || event.key === " ")) event.preventDefault(); });

/** Say what was done. */
export function say(text) {
  now.note = text;
  redraw("told");
}

/** Change the storyboard, or which take is in the cut: the patch is shown first. */
export async function edit(wish, title) {
  try {
    const seen = await tell("preview", wish);
    const body = [h("p", { class: "dim" }, bdi(seen.file)), patch(seen.diff)];
    if (seen.problems.length) return void await ask("Then something would be wrong", [...body, ...seen.problems.map(problem)], "");
    if (!await ask(title, body, "Write it")) return;
    await tell("apply", { ...wish, mark: seen.mark });
    if (wish.values) delete now.typed[wish.shot];
    now.written = true;
    named("put-back").hidden = false;
    say(`${seen.file} is written.`);
  } catch (error) { await ask("Nothing was changed", failure(error), ""); }
}

/** Undo the last edit, while its file is still what it wrote. */
export async function putBack() {
  try {
    const done = await tell("put-back", {});
    now.written = false;
    named("put-back").hidden = true;
    say(`${done.written} is as it was.`);
  } catch (error) { await ask("Nothing was changed", failure(error), ""); }
}

/** Order more takes of a shot, as many as it says beside the button: the price of all is shown first, and only that is agreed to. */
export async function retake(one) {
  try {
    const offer = await tell("quote", { shot: one.id, count: Number(named("set-count").value) });
    const several = offer.count > 1, paid = offer.count - offer.bought;
    const free = Number(offer.price) === 0;
    const body = [
      h("p", { class: "price" }, free ? "free" : `$${offer.price}`),
      h("p", {}, free ? "It was paid for before, and has only to be fetched."
        : `at the most${several ? `, for ${offer.count} takes${paid ? `, ${paid} of them paid for before` : `: $${offer.each} each`}` : ""}. It is charged once, and only if the shot still asks for the same.`),
      offer.prompt ? h("p", { class: "prompt" }, bdi(offer.prompt)) : null,
      offer.left ? h("p", { class: "dim" }, `$${offer.left} of the film's budget is left.`) : null,
      offer.held_open ? h("p", { class: "alert" }, bdi(offer.bought > 1
        ? `They go by calls that are held open (${offer.held_open}): where a line breaks, up to $${offer.price} may be charged for clips that never arrive.`
        : `It goes by a call that is held open (${offer.held_open}): where its line breaks, $${offer.price} may be charged for a clip that never arrives.`)) : null,
      offer.leaves ? h("p", { class: "alert" }, bdi(`${offer.leaves} ${offer.leaves === 1 ? "file leaves" : "files leave"} this machine for ${offer.host}.`)) : null,
    ];
    if (!await ask(`${several ? `${offer.count} more takes` : "Another take"} of ${one.id}`, body, `${free ? "Fetch" : "Buy"} ${several ? "them" : "it"}${free ? "" : ` for $${offer.price}`}`, true)) return;
    await tell("retake", { offer: offer.offer, price: offer.price });
    now.shooting = { done: false, shot: one.id, state: "ordered" };
    redraw("told", "shot");
  } catch (error) { await ask("Nothing was bought", failure(error), ""); }
}
