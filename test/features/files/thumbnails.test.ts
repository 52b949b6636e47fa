import { env } from "cloudflare:workers";
import { Buffer } from "node:buffer";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { imageSize } from "../../../src/core/files/image-size.ts";
import { THUMBNAIL_SIDES } from "../../../src/domain/files/thumbnail.ts";
import { call, expectProblem, readAnswer, register, type SignedIn } from "../../support/clients/api.ts";
import {
  bytesOf,
  concatBytes,
  download,
  expectUploaded,
  type StrictFile,
  streamOf,
  upload,
} from "../../support/clients/files.ts";
import { eventually } from "../../support/eventually.ts";
import { paint } from "../../support/pages/paint.ts";
import { setTiming } from "../../support/timing.ts";

const MAKER = "Nokion 3310 no. 4711";
let ann: SignedIn;
beforeAll(async () => {
  ann = await register();
});

/** What a camera notes that was held upright, and where: a segment of Exif. */
function exif(): Uint8Array {
  const tiff = Buffer.alloc(140);
  tiff.write("II*\0");
  tiff.writeUInt32LE(8, 4);
  const directory = (at: number, entries: [tag: number, type: number, count: number, value: number][]) => {
    tiff.writeUInt16LE(entries.length, at);
    entries.forEach(([tag, type, count, value], i) => {
      const entry = at + 2 + i * 12;
      tiff.writeUInt16LE(tag, entry);
      tiff.writeUInt16LE(type, entry + 2);
      tiff.writeUInt32LE(count, entry + 4);
      tiff.writeUInt32LE(value, entry + 8);
    });
  };
  directory(8, [
    [0x010f, 2, MAKER.length + 1, 60],
    [0x0112, 3, 1, 6],
    [0x8825, 4, 1, 90],
  ]);
  tiff.write(MAKER, 60);
  directory(90, [[0x0001, 2, 2, 0x4e]]);
  const head = Buffer.from([0xff, 0xe1, 0, tiff.length + 8, ..."Exif\0\0"].map(code));
  return concatBytes([head, tiff]);
}

const code = (byte: number | string) => (typeof byte === "string" ? byte.charCodeAt(0) : byte);

/** A photograph that lies in the file, and stands when it is shown. */
async function photograph(width: number, height: number): Promise<Uint8Array> {
  const output = await env.IMAGES.input(streamOf([paint(width, height)])).output({ format: "image/jpeg" });
  const jpeg = await bytesOf(output.response());
  return concatBytes([jpeg.subarray(0, 2), exif(), jpeg.subarray(2)]);
}

async function stored(bytes: Uint8Array, type: string, query = "?name=a.b.jpg"): Promise<StrictFile> {
  return expectUploaded(await upload(ann, bytes, type, query));
}

const small = ({ url }: StrictFile, size = "m", headers = {}, method = "GET") =>
  download(`${url}?size=${size}`, headers, method);

const problemOf = async (file: StrictFile, size: string) =>
  readAnswer("GET", new URL(file.url).pathname, await small(file, size));

async function sizeOf(bytes: Uint8Array, type = "image/webp") {
  return imageSize(type, async (from, length) => bytes.subarray(from, from + length));
}

/** Counts the transformations from now on. @param broken they fail */
function counted({ broken = false } = {}) {
  const images = env.IMAGES;
  const count = { value: 0 };
  const input: ImagesBinding["input"] = (stream) => {
    count.value++;
    if (broken) throw new Error("no transformation is left this month");
    return images.input(stream);
  };
  replace({ ...images, input });
  return count;
}

/** Replaces the binding until the test has ended. */
function replace(value: unknown): void {
  const before = env.IMAGES;
  const define = (next: unknown) =>
    Object.defineProperty(env, "IMAGES", {
      ...{ configurable: true, writable: true, enumerable: true },
      value: next,
    });
  define(value);
  onTestFinished(() => void define(before));
}

async function expectOriginal(file: StrictFile, bytes: Uint8Array, size = "m"): Promise<void> {
  const answer = await small(file, size);
  expect(answer.status).toBe(200);
  expect(answer.headers.get("ETag")).toBe(`"${file.sha256}"`);
  expect(Buffer.from(await bytesOf(answer)).equals(bytes)).toBe(true);
}

describe("a photograph", () => {
  let bytes: Uint8Array;
  let file: StrictFile;
  beforeAll(async () => {
    bytes = await photograph(1600, 1200);
    file = await stored(bytes, "image/jpeg", "?name=a.b.jpg&keep_metadata=true");
  });

  test("comes smaller and upright, and tells neither where nor by what it was taken", async () => {
    expect(Buffer.from(await bytesOf(await download(file.url))).includes(MAKER)).toBe(true);
    for (const [size, side] of Object.entries(THUMBNAIL_SIDES)) {
      const answer = await small(file, size);
      const made = await bytesOf(answer);
      expect(await sizeOf(made)).toEqual({ width: (side * 3) / 4, height: side });
      expect(made.byteLength).toBeLessThan(bytes.byteLength);
      for (const word of ["Exif", "EXIF", MAKER]) expect(Buffer.from(made).includes(word)).toBe(false);
      const { "x-request-id": _, ...headers } = Object.fromEntries(answer.headers);
      expect(headers).toEqual({
        "accept-ranges": "bytes",
        "cache-control": "public, max-age=60, must-revalidate",
        "content-disposition": "inline; filename=\"a.b.webp\"; filename*=UTF-8''a.b.webp",
        "content-length": String(made.byteLength),
        "content-security-policy": "sandbox; default-src 'none'",
        "content-type": "image/webp",
        "cross-origin-resource-policy": "cross-origin",
        etag: `"${file.sha256}-${size}"`,
        vary: "Origin",
        "x-content-type-options": "nosniff",
      });
    }
  });

  test("is made smaller once; what a client has is not sent again, and ranges are", async () => {
    const first = await bytesOf(await small(file));
    const count = counted();
    expect(await bytesOf(await small(file))).toEqual(first);
    const head = await small(file, "m", {}, "HEAD");
    expect(head.headers.get("Content-Length")).toBe(String(first.byteLength));
    const etag = head.headers.get("ETag") ?? "";
    expect((await small(file, "m", { "If-None-Match": etag })).status).toBe(304);
    // The picture itself is another one.
    expect((await small(file, "m", { "If-None-Match": `"${file.sha256}"` })).status).toBe(200);
    expect((await small(file, "s", { "If-None-Match": etag })).status).toBe(200);
    const part = await small(file, "m", { Range: "bytes=10-19", "If-Range": etag });
    expect(part.status).toBe(206);
    expect(await bytesOf(part)).toEqual(first.subarray(10, 20));
    expect(count.value).toBe(0);
  });

  test("has three sizes, and no other", async () => {
    for (const size of ["xl", "640", ""])
      expectProblem(await problemOf(file, size), 400, "validation_failed");
  });
});

test("fifty who ask at once have it made once, and nobody waits for another", async () => {
  const bytes = await photograph(900, 700);
  const file = await stored(bytes, "image/jpeg", "?name=a.jpg&keep_metadata=true");
  const count = counted();
  const answers = await Promise.all(Array.from({ length: 50 }, () => small(file)));
  for (const answer of answers) {
    expect(answer.status).toBe(200);
    const type = answer.headers.get("Content-Type");
    const shown = await sizeOf(await bytesOf(answer), type ?? "");
    expect(shown).toEqual(type === "image/webp" ? { width: 498, height: 640 } : { width: 700, height: 900 });
  }
  expect(count.value).toBe(1);
  expect((await small(file)).headers.get("Content-Type")).toBe("image/webp");
  expect(count.value).toBe(1);
});

test("an isolate makes so many at once, and serves the others as they are", async () => {
  const files = await Promise.all([...Array(4).keys()].map((i) => stored(paint(700 + i, 500), "image/png")));
  onTestFinished(setTiming({ thumbnails: { atOnce: 2 } }));
  const count = counted();
  const types = await Promise.all(files.map(async (file) => (await small(file)).headers.get("Content-Type")));
  expect(types.filter((type) => type === "image/webp")).toHaveLength(2);
  expect(count.value).toBe(2);
});

describe("the picture itself is served", () => {
  test("without the binding", async () => {
    replace(undefined);
    const bytes = paint(900, 700);
    await expectOriginal(await stored(bytes, "image/png"), bytes);
  });

  test("where a transformation fails, which is tried again later", async () => {
    const bytes = paint(900, 700);
    const file = await stored(bytes, "image/png");
    const count = counted({ broken: true });
    await expectOriginal(file, bytes);
    await expectOriginal(file, bytes);
    expect(count.value).toBe(1);
    onTestFinished(setTiming({ thumbnails: { retryMs: 0 } }));
    await expectOriginal(file, bytes);
    expect(count.value).toBe(2);
  });

  test("while it takes long, and the smaller one behind that", async () => {
    onTestFinished(setTiming({ thumbnails: { waitMs: 0 } }));
    const bytes = paint(1000, 700);
    const file = await stored(bytes, "image/png");
    await expectOriginal(file, bytes);
    await eventually(async () => expect((await small(file)).headers.get("Content-Type")).toBe("image/webp"));
  });

  const BYTES = 40_000;
  const gif = Buffer.alloc(BYTES);
  gif.write("GIF89a\x00\x04\x00\x04\x00\x00\x00;", "latin1");
  const animated = Buffer.alloc(BYTES);
  animated.write("RIFF\0\0\0\0WEBPVP8X", "latin1");
  animated.set([10, 0, 0, 0, 2, 0, 0, 0, 255, 15, 0, 255, 15, 0], 16);
  const bomb = Buffer.from(paint(400, 400));
  bomb.writeUInt32BE(10_000, 16);
  bomb.writeUInt32BE(10_000, 20);
  const cases: [string, Uint8Array, string][] = [
    ["of a picture that is small", paint(600, 640), "image/png"],
    ["of what moves: a GIF", gif, "image/gif"],
    ["of what moves: a WebP", animated, "image/webp"],
    ["of very many pixels", bomb, "image/png"],
    ["of bytes that are no picture", Buffer.alloc(BYTES, "<svg onload=alert(1)>"), "image/png"],
    ["of a picture that is cut off", paint(2000, 2000).subarray(0, BYTES), "image/png"],
    ["of a picture of few bytes", paint(1300, 2), "image/png"],
    ["of a text", Buffer.from("words"), "text/plain"],
    ["of an empty file", new Uint8Array(), "image/png"],
  ];
  test.each(cases)("%s", async (_, bytes, type) => {
    const file = await stored(bytes, type);
    await expectOriginal(file, bytes);
    const count = counted();
    await expectOriginal(file, bytes);
    expect(count.value).toBe(0);
  });
});

describe("with its file", () => {
  const keysOf = async ({ key }: StrictFile) =>
    (await env.FILES.list({ prefix: key })).objects.map((object) => object.key);

  test("a smaller picture goes", async () => {
    const file = await stored(paint(900, 700), "image/png");
    for (const size of ["s", "m"]) expect((await small(file, size)).status).toBe(200);
    expect(await keysOf(file)).toHaveLength(3);
    expect((await call("DELETE", `/v1/files/${file.key}`, { token: ann.token })).status).toBe(204);
    expect(await keysOf(file)).toEqual([]);
    for (const size of ["s", "m", "l"]) expectProblem(await problemOf(file, size), 404, "not_found");
    expect(await keysOf(file)).toEqual([]);
  });

  test("one goes that is made while the file is deleted", async () => {
    const file = await stored(paint(900, 700), "image/png");
    const { images } = { images: env.IMAGES };
    replace({
      ...images,
      input(stream: ReadableStream<Uint8Array>) {
        const transformer = images.input(stream);
        return {
          transform: (how: ImageTransform) => ({
            async output(options: ImageOutputOptions) {
              await call("DELETE", `/v1/files/${file.key}`, { token: ann.token });
              return transformer.transform(how).output(options);
            },
          }),
        };
      },
    });
    await (await small(file)).arrayBuffer();
    await eventually(async () => expect(await keysOf(file)).toEqual([]));
  });
});

test("of what a user has uploaded 60 are made in a minute", async () => {
  const bytes = paint(900, 700);
  // Another minute may begin in between.
  await eventually(async () => {
    const file = await stored(bytes, "image/png");
    const key = `thumbnail ${ann.user.id}`;
    for (let i = 0; (await env.WHOLE_RATE.limit({ key })).success && i < 100; i++);
    await expectOriginal(file, bytes);
  });
  const bob = await register();
  const other = expectUploaded(await upload(bob, bytes, "image/png"));
  expect((await small(other)).headers.get("Content-Type")).toBe("image/webp");
});
