// Orders one clip in each of the SDK's three ways, and writes what came back as JSON on stdout.
// node three_ways.mjs BASE_URL FIRST_IMAGE LAST_IMAGE OUTPUT_FOLDER
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createGateway } from "@ai-sdk/gateway";
import {
  experimental_generateVideo as generateVideo,
  experimental_getVideoStatus as getVideoStatus,
  experimental_startVideo as startVideo,
} from "ai";

const [baseURL, firstPath, lastPath, folder] = process.argv.slice(2);
const gateway = createGateway({ baseURL, apiKey: "k_test" });
const first = await readFile(firstPath);
const last = await readFile(lastPath);
const still = "klingai/kling-v3.0-i2v";
const words = "klingai/kling-v3.0-t2v";
const short = { duration: 3, maxRetries: 0, providerOptions: { klingai: { mode: "std" } } };

// The SDK refuses addresses on this machine. It lets the caller bring the download.
const download = async ({ url }) => {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return { data: new Uint8Array(await answer.arrayBuffer()), mediaType: answer.headers.get("content-type") };
};

async function heldOpen() {
  const { video, warnings, providerMetadata } = await generateVideo({
    ...short,
    model: gateway.video(still),
    prompt: "The camera pushes in.",
    frameImages: [
      { image: first, frameType: "first_frame" },
      { image: last, frameType: "last_frame" },
    ],
    generateAudio: true,
    seed: 7,
    download,
  });
  await writeFile(join(folder, "held-open.mp4"), video.uint8Array);
  return { warnings, providerMetadata, mediaType: video.mediaType };
}

async function polled() {
  const { video, warnings, providerMetadata } = await generateVideo({
    ...short,
    model: gateway.video(still),
    prompt: { image: first, text: "Pan left." },
    poll: { intervalMs: 200, timeoutMs: 60_000 },
    download,
  });
  await writeFile(join(folder, "polled.mp4"), video.uint8Array);
  return { warnings, providerMetadata, mediaType: video.mediaType };
}

async function started() {
  const model = gateway.video(words);
  const { operation, warnings, providerMetadata } = await startVideo({ ...short, model, prompt: "Hills at dusk." });
  const kept = JSON.parse(JSON.stringify(operation));
  let status;
  do {
    await new Promise((resolve) => setTimeout(resolve, 200));
    status = await getVideoStatus(model, { operation: kept });
  } while (status.status === "pending");
  const { data } = await download({ url: status.videos[0].url });
  await writeFile(join(folder, "started.mp4"), data);
  return { warnings, providerMetadata, status };
}

async function refused() {
  try {
    await generateVideo({ ...short, duration: 99, model: gateway.video(words), prompt: "Hills." });
  } catch (error) {
    return { name: error.name, type: error.type, statusCode: error.statusCode, message: error.message };
  }
}

const [held, poll, start, refusal] = await Promise.all([heldOpen(), polled(), started(), refused()]);
const credits = await gateway.getCredits();
const { models } = await gateway.getAvailableModels();
const generation = await gateway.getGenerationInfo({ id: held.providerMetadata.gateway.generationId });
console.log(JSON.stringify({ held, poll, start, refusal, credits, models: models.map(({ id }) => id), generation }));
