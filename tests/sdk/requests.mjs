// Makes the SDK send each kind of order into nothing, and writes what it would have sent as JSON on stdout; with a
// folder, also as NAME.json there.
// node requests.mjs [FOLDER]
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createGateway } from "@ai-sdk/gateway";
import { experimental_generateVideo as generateVideo, experimental_startVideo as startVideo } from "ai";

const png = Uint8Array.from(Buffer.from("iVBORw0KGgoAAAAA", "base64"));
const jpeg = Uint8Array.from(Buffer.from("/9j/4AAAAAA=", "base64"));
const at = (name) => `https://stills.example/${name}?sig=a%2Fb&x="é"`;

const first = { image: at("first.jpg"), frameType: "first_frame" };
const last = { image: at("last.jpg"), frameType: "last_frame" };
const i2v = "klingai/kling-v3.0-i2v";
const t2v = "klingai/kling-v3.0-t2v";

const orders = {
  "start-i2v-addresses": {
    model: i2v,
    prompt: "A fox drinks.",
    duration: 5,
    generateAudio: false,
    providerOptions: { klingai: { mode: "std" } },
    frameImages: [first, last],
  },
  "generate-i2v-last-alone": {
    model: i2v,
    prompt: "A fox drinks.",
    duration: 3,
    generateAudio: true,
    providerOptions: { klingai: { cfgScale: 0.5, mode: "pro" } },
    frameImages: [{ image: jpeg, frameType: "last_frame" }],
  },
  "start-t2v": {
    model: t2v,
    prompt: 'A fox, “été” 初光 🦊 "drinks"\n\\ <b>.',
    aspectRatio: "9:16",
    duration: 15,
    generateAudio: false,
    providerOptions: { klingai: { mode: "std", negativePrompt: "text, watermark" } },
  },
  "start-multi-shot": {
    model: t2v,
    prompt: { text: undefined },
    aspectRatio: "16:9",
    duration: 5,
    generateAudio: false,
    providerOptions: {
      klingai: {
        mode: "pro",
        multiShot: true,
        shotType: "customize",
        multiPrompt: [
          { index: 1, prompt: "Wide: a red fox climbs, low sun", duration: "3" },
          { index: 2, prompt: "Close on its eyes, low sun", duration: "2" },
        ],
      },
    },
  },
  "start-motion-control": {
    model: "klingai/kling-v3.0-motion-control",
    prompt: { text: undefined },
    providerOptions: {
      klingai: {
        mode: "std",
        elementList: [{ element_id: 8298368 }],
        videoUrl: at("dance.mp4"),
        characterOrientation: "video",
        keepOriginalSound: "no",
      },
    },
    frameImages: [first],
  },
  "start-voices": {
    model: i2v,
    prompt: "<<<voice_1>>> Good morning: a woman in a green coat.",
    duration: 5,
    generateAudio: true,
    providerOptions: { klingai: { mode: "std", voiceList: [{ voice_id: "829824295735410756" }, { voice_id: "v-2" }] } },
    frameImages: [first],
  },
  "start-elements": {
    model: i2v,
    prompt: "They meet. a woman in a green coat",
    duration: 5,
    generateAudio: false,
    providerOptions: { klingai: { mode: "std", elementList: [{ element_id: 3 }, { element_id: 829836802 }] } },
    frameImages: [first],
  },
  "start-gateway-options": {
    model: "google/veo-3.1-fast-generate-001",
    prompt: "A fox.",
    aspectRatio: "16:9",
    resolution: "720p",
    duration: 8,
    generateAudio: false,
    providerOptions: {
      gateway: {
        only: ["vertex"],
        order: ["vertex", "fal"],
        zeroDataRetention: true,
        disallowPromptTraining: true,
        user: "mira",
        tags: ["first-light", "draft"],
      },
    },
  },
  "start-veo": {
    model: "google/veo-3.1-generate-001",
    prompt: "A fox.",
    aspectRatio: "9:16",
    resolution: "1080p",
    duration: 8,
    seed: 7,
    generateAudio: true,
    providerOptions: { vertex: { personGeneration: "allow_adult", negativePrompt: "text" } },
    frameImages: [{ image: jpeg, frameType: "first_frame" }],
  },
  "start-wan": {
    model: "alibaba/wan-v2.6-t2v",
    prompt: "A fox.",
    resolution: "960x960",
    duration: 10,
    seed: 2147483647,
    providerOptions: { alibaba: { promptExtend: false, negativePrompt: "text" } },
  },
  "start-wan-i2v": {
    model: "alibaba/wan-v2.6-i2v",
    prompt: "A fox.",
    resolution: "1920x1080",
    duration: 5,
    generateAudio: true,
    providerOptions: {},
    frameImages: [first],
  },
  "start-references": {
    model: "bytedance/seedance-2.0",
    prompt: "She climbs. a woman in a green coat",
    aspectRatio: "16:9",
    resolution: "480p",
    duration: 4,
    generateAudio: false,
    providerOptions: {},
    inputReferences: [{ data: jpeg, mediaType: "image/jpeg" }, { data: at("mira.jpg"), mediaType: "image/jpeg" }],
  },
  "start-grok": {
    model: "spacexai/grok-imagine-video",
    prompt: "A fox.",
    aspectRatio: "9:16",
    resolution: "1280x720",
    duration: 5,
    providerOptions: {},
  },
  "start-flux": {
    model: "bfl/flux-3-video",
    prompt: "A fox.",
    resolution: "fhd",
    duration: 5,
    generateAudio: false,
    providerOptions: {},
    frameImages: [{ image: png, frameType: "first_frame" }],
  },
};

// Headers that tell of this machine or this run.
const own = ["user-agent", "idempotency-key"];

async function record(name, { model, ...order }) {
  let sent;
  const fetch = async (url, { method, headers, body }) => {
    sent = { method, path: new URL(url).pathname, headers: Object.fromEntries(new Headers(headers)), body };
    for (const header of own) delete sent.headers[header];
    throw new DOMException("recorded", "AbortError");
  };
  const gateway = createGateway({ baseURL: "https://gateway.example/v4/ai", apiKey: "k_test", fetch });
  const send = name.startsWith("start") ? startVideo : generateVideo;
  try {
    await send({ ...order, model: gateway.video(model), maxRetries: 0 });
  } catch (error) {
    if (!sent) throw error;
  }
  return sent;
}

const [folder] = process.argv.slice(2);
const requests = {};
for (const [name, order] of Object.entries(orders)) {
  requests[name] = await record(name, order);
  const shown = { ...requests[name], body: JSON.parse(requests[name].body) };
  if (folder) await writeFile(join(folder, `${name}.json`), JSON.stringify(shown, null, 1));
}
console.log(JSON.stringify(requests));
