// How the page comes back to a studio that was started again: see `storyboard/studio/again.py`.
let known = null;
/** Take note of the run that serves this page; whether it is another one than before. */
export function keep(run) {
  const other = known !== null && known.key !== run.key;
  known = run;
  return other;
}

const hex = (bytes) => [...new Uint8Array(bytes)].map((one) => one.toString(16).padStart(2, "0")).join("");
async function keyed(text) {
  const raw = Uint8Array.from(known.key.match(/../g), (two) => parseInt(two, 16));
  const key = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return hex(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(text)));
}

/** Take the address of the studio that follows the one of this page, where it is there and proves to be that. */
export async function comeBack() {
  if (!known) return;
  const asked = hex(crypto.getRandomValues(new Uint8Array(16)));
  const answer = await fetch(`/back/${asked}`).catch(() => null);
  if (!answer || !answer.ok) return;
  const proof = `proof ${asked} ${location.port} ${known.version}`;
  if (await answer.text() === await keyed(proof)) history.replaceState(null, "", `/${await keyed("word")}/`);
}
