import { env } from "cloudflare:workers";
import { Buffer } from "node:buffer";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import {
  bytesOf,
  chunk,
  download,
  pseudoRandomBytes,
  sha256,
  storedFiles,
  streamOf,
} from "../../support/clients/files.ts";
import { Errors } from "../../support/errors.ts";
import { setMaxUpload } from "../../support/settings.ts";
import { deleteFile } from "../files/lifetime.ts";
import {
  announced,
  callWith,
  cancel,
  complete,
  expectFile,
  expectNothingLeft,
  expectUpload,
  filled,
  hashOfParts,
  hex,
  PART,
  partOf,
  put,
  read,
  rowOf,
  sent,
  start,
  started,
} from "./uploading.ts";

/** Some 12 MiB: two whole parts and one of 2 MiB and a byte. */
const bytes = pseudoRandomBytes(2 * PART + 2 * 1024 * 1024 + 1);
const small = pseudoRandomBytes(1_000);

let ann: SignedIn;
let bob: SignedIn;

beforeAll(async () => {
  [ann, bob] = await Promise.all([register(), register()]);
});

describe("a file of three parts", () => {
  test("is stored unchanged, and read in whole and by ranges across its parts", async () => {
    const before = await storedFiles();
    const opened = await started(ann, bytes.byteLength);
    expect(opened).toMatchObject({
      ...{ name: "film.mp4", content_type: "video/mp4", size: bytes.byteLength },
      ...{ part_size: PART, part_count: 3, parts: [], file: null },
    });
    // In any order, with and without Content-Length.
    await sent(ann, opened.id, 3, partOf(bytes, 3));
    await sent(ann, opened.id, 1, partOf(bytes, 1));
    const streamed = await put(ann, opened.id, 2, streamOf(chunk(partOf(bytes, 2), 300_000)));
    expect(streamed.body).toEqual({ part: 2, size: PART, sha256: hex(partOf(bytes, 2)) });
    expect(await storedFiles(), "before it is complete").toEqual(before);
    expect((await download(`https://parley.test/files/${opened.id}/film.mp4`)).status).toBe(404);

    const file = await expectFile(await complete(ann, opened.id), bytes);
    expect(file).toEqual({
      key: opened.id,
      url: `https://parley.test/files/${opened.id}/film.mp4`,
      ...{ name: "film.mp4", size: bytes.byteLength, content_type: "video/mp4" },
      sha256: hashOfParts(bytes),
    });
    for (const [from, to] of [
      [0, 0],
      [PART - 10, PART + 9],
      [PART - 1, 2 * PART],
      [bytes.byteLength - 1, bytes.byteLength - 1],
    ] as const) {
      const response = await download(file.url, { Range: `bytes=${from}-${to}` });
      expect(response.status).toBe(206);
      expect(response.headers.get("Content-Range")).toBe(`bytes ${from}-${to}/${bytes.byteLength}`);
      expect(response.headers.get("ETag")).toBe(`"${file.sha256}"`);
      expect(Buffer.compare(await bytesOf(response), bytes.subarray(from, to + 1))).toBe(0);
    }
    const last = await download(file.url, { Range: "bytes=-5", "If-Range": `"${file.sha256}"` });
    expect(last.status).toBe(206);
    expect(await bytesOf(last)).toEqual(bytes.subarray(-5));
    const known = await download(file.url, { "If-None-Match": `"${file.sha256}"` });
    expect(known.status).toBe(304);
    const beyond = await download(file.url, { Range: `bytes=${bytes.byteLength}-` });
    expect(beyond.status).toBe(416);
    expect((await download(file.url, {}, "HEAD")).headers.get("Accept-Ranges")).toBe("bytes");
  });

  test("is resumed after a part that broke off: the parts that are there are listed with their hashes", async () => {
    using errors = new Errors();
    const { id } = await started(ann, bytes.byteLength);
    await sent(ann, id, 1, partOf(bytes, 1));
    const options = {
      token: ann.token,
      body: streamOf([partOf(bytes, 2).subarray(0, 1_000_000)], true),
      headers: { "Content-Type": "application/octet-stream" },
    };
    expectProblem(
      await callWith({}, "PUT", `/v1/files/uploads/${id}/parts/2`, options),
      400,
      "validation_failed",
    );
    const found = expectUpload(await read(ann, id));
    expect(found.parts).toEqual([{ part: 1, size: PART, sha256: hex(partOf(bytes, 1)) }]);
    await sent(ann, id, 2, partOf(bytes, 2));
    await sent(ann, id, 3, partOf(bytes, 3));
    expect(expectUpload(await read(ann, id)).parts.map(({ part }) => part)).toEqual([1, 2, 3]);
    await expectFile(await complete(ann, id), bytes);
    expect(errors.logged).toEqual([]);
  });
});

test("a file of one part has the hash of its bytes, and the defaults of an upload in one request", async () => {
  const { id } = await started(ann, small.byteLength, { name: undefined, content_type: undefined });
  await sent(ann, id, 1, small);
  const file = await expectFile(await complete(ann, id), small);
  expect(file).toMatchObject({
    ...{ name: "file", content_type: "application/octet-stream", sha256: await sha256(small) },
  });
});

describe("a repeated start", () => {
  test("with the same file gives the same upload, while it is open and once it is complete", async () => {
    const body = announced(small.byteLength);
    const first = expectUpload(await start(ann, body), 201);
    await sent(ann, first.id, 1, small);
    const again = expectUpload(await start(ann, body));
    expect(again).toEqual({ ...first, parts: [{ part: 1, size: small.byteLength, sha256: hex(small) }] });
    const file = await expectFile(await complete(ann, first.id), small);
    const done = expectUpload(await start(ann, body));
    expect(done).toMatchObject({ id: first.id, parts: [], file });
    expect(expectUpload(await read(ann, first.id))).toEqual(done);
    expect(await deleteFile(ann, file)).toBe(204);
    expect(expectUpload(await start(ann, body), 201).id).not.toBe(first.id);
  });

  test("with another file is refused, and changes nothing", async () => {
    const body = announced(small.byteLength);
    const first = expectUpload(await start(ann, body), 201);
    for (const change of [{ name: "b" }, { size: 7 }, { content_type: "image/png" }])
      expectProblem(await start(ann, { ...body, ...change }), 409, "conflict");
    expect(expectUpload(await start(ann, body))).toEqual(first);
    const other = expectUpload(await start(bob, body), 201);
    expect(other.id).not.toBe(first.id);
    expect((await cancel(bob, other.id)).status).toBe(204);
  });
});

describe("what is refused changes nothing", () => {
  test("a start without a size, with an invalid name or type, or an empty file", async () => {
    const before = await env.DB.prepare("SELECT count(*) FROM file_uploads").raw();
    for (const body of [
      {},
      announced(-1),
      announced(1.5),
      announced(0),
      announced(7, { size: undefined }),
      announced(7, { client_upload_id: undefined }),
      announced(7, { client_upload_id: "x".repeat(65) }),
      announced(7, { name: "x".repeat(256) }),
      announced(7, { name: "" }),
      announced(7, { content_type: "picture" }),
    ])
      expectProblem(await start(ann, body), 400, "validation_failed");
    expect(await env.DB.prepare("SELECT count(*) FROM file_uploads").raw()).toEqual(before);
  });

  test("a file over the limit, which is a setting", async () => {
    expectProblem(await start(ann, announced(1024 ** 3 + 1)), 413, "too_large");
    onTestFinished(setMaxUpload(3));
    expectProblem(await start(ann, announced(3 * 1024 ** 2 + 1)), 413, "too_large");
    const opened = await started(ann, 3 * 1024 ** 2);
    expect((await cancel(ann, opened.id)).status).toBe(204);
  });

  test("a part of another length", async () => {
    using errors = new Errors();
    const { id } = await started(ann, bytes.byteLength);
    await sent(ann, id, 1, partOf(bytes, 1));
    const there = await read(ann, id);
    const wrong = [bytes.subarray(0, PART + 1), bytes.subarray(1, PART), new Uint8Array(), small];
    for (const body of wrong) {
      expectProblem(await put(ann, id, 1, body), 400, "validation_failed");
      expectProblem(await put(ann, id, 1, streamOf(chunk(body, 500_000))), 400, "validation_failed");
    }
    expectProblem(await put(ann, id, 3, partOf(bytes, 1)), 400, "validation_failed");
    expectProblem(await put(ann, id, 1, undefined), 400, "validation_failed");
    expect(await read(ann, id)).toEqual({ ...there, headers: expect.anything() });
    expect(errors.logged).toEqual([]);
    expect((await cancel(ann, id)).status).toBe(204);
  });

  test("a part that the file does not have", async () => {
    const { id } = await started(ann, bytes.byteLength);
    for (const part of [0, 4, 99_999, 100_000, "-1", "x", "1.5"])
      expectProblem(await put(ann, id, part, small), 400, "validation_failed");
    expect(expectUpload(await read(ann, id)).parts).toEqual([]);
    expect((await cancel(ann, id)).status).toBe(204);
  });

  test("an early complete, which names the missing parts", async () => {
    const before = await storedFiles();
    const { id } = await started(ann, bytes.byteLength);
    await sent(ann, id, 2, partOf(bytes, 2));
    const early = await complete(ann, id);
    expectProblem(early, 409, "conflict");
    expect(early.body).toMatchObject({ detail: "Parts are missing: 1, 3." });
    expect(await storedFiles()).toEqual(before);
    await sent(ann, id, 1, partOf(bytes, 1));
    await sent(ann, id, 3, partOf(bytes, 3));
    await expectFile(await complete(ann, id), bytes);
  });

  test("a part, or a cancel, of a complete upload", async () => {
    const { id } = await filled(ann, small);
    const file = await expectFile(await complete(ann, id), small);
    expectProblem(await put(ann, id, 1, pseudoRandomBytes(1_000, 2)), 409, "conflict");
    expectProblem(await cancel(ann, id), 409, "conflict");
    expect(await expectFile(await complete(ann, id), small)).toEqual(file);
  });

  test("a 41st attempt to send a part", async () => {
    const { id } = await started(ann, 1);
    const body = (value: number) => Uint8Array.of(value);
    for (let value = 1; value <= 40; value++) await sent(ann, id, 1, body(value));
    expectProblem(await put(ann, id, 1, body(41)), 409, "conflict");
    await expectFile(await complete(ann, id), body(40));
  });
});

test("a cancelled upload leaves nothing, and its name is free", async () => {
  const body = announced(bytes.byteLength);
  const { id } = expectUpload(await start(ann, body), 201);
  await sent(ann, id, 1, partOf(bytes, 1));
  const row = await rowOf(id);
  expect((await cancel(ann, id)).status).toBe(204);
  await expectNothingLeft(id, row?.r2_upload_id ?? "");
  for (const answer of [await cancel(ann, id), await read(ann, id), await complete(ann, id)])
    expectProblem(answer, 404, "not_found");
  expectProblem(await put(ann, id, 1, partOf(bytes, 1)), 404, "not_found");
  const next = expectUpload(await start(ann, body), 201);
  expect(next.id).not.toBe(id);
  expect((await cancel(ann, next.id)).status).toBe(204);
});
