// Reads a call a line from standard input, {operation, input}, and writes a line for each:
// {code, message, status, attempts, requestId, body}; code is null when the call succeeded.
// Blobs in the input are {"$file": path}. The file is read and removed.
import { readFileSync, unlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const options = JSON.parse(process.argv[2]);

const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");

function loadSdk() {
  for (const folder of [options.sdkFolder, process.cwd()]) {
    try {
      return createRequire(join(folder, "x.js"))("@aws-sdk/client-rekognition");
    } catch (error) {
      if (error.code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  say({ unavailable: `@aws-sdk/client-rekognition is neither in ${options.sdkFolder} nor where this was started` });
  process.exit(0);
}

const sdk = loadSdk();

function withBlobs(value) {
  if (Array.isArray(value)) return value.map(withBlobs);
  if (value === null || typeof value !== "object") return value;
  if (typeof value.$file === "string") {
    const blob = new Uint8Array(readFileSync(value.$file));
    unlinkSync(value.$file);
    return blob;
  }
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withBlobs(member)]));
}

async function collected(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

let body = "";
const client = new sdk.RekognitionClient({
  endpoint: options.endpoint,
  region: options.region,
  credentials: options.credentials,
  maxAttempts: 2, // one retry is enough to see that the SDK would retry
  requestHandler: { requestTimeout: options.timeoutMs, connectionTimeout: 10000 },
});
// Next to the wire: the body is read here and handed on, so that it can be checked as it came.
client.middlewareStack.add(
  (next) => async (request) => {
    const result = await next(request);
    const bytes = await collected(result.response.body);
    body = bytes.toString("utf8");
    result.response.body = bytes;
    return result;
  },
  { step: "deserialize", priority: "low", name: "keepBody" },
);

async function call({ operation, input }) {
  body = "";
  try {
    const { $metadata } = await client.send(new sdk[`${operation}Command`](withBlobs(input)));
    return {
      code: null,
      message: "",
      status: $metadata.httpStatusCode ?? null,
      attempts: $metadata.attempts ?? 1,
      requestId: $metadata.requestId ?? null,
      body,
    };
  } catch (error) {
    const metadata = error.$metadata ?? {};
    return {
      code: error.name,
      message: String(error.message ?? ""),
      status: metadata.httpStatusCode ?? null,
      attempts: metadata.attempts ?? 1,
      requestId: metadata.requestId ?? null,
      body,
    };
  }
}

say({ ready: true });
for await (const line of createInterface({ input: process.stdin })) say(await call(JSON.parse(line)));
