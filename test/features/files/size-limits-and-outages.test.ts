import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { Buffer } from "node:buffer";
import { beforeAll, describe, expect, test } from "vitest";
import { app } from "../../support/app.ts";
import {
  type Answer,
  type CallOptions,
  expectProblem,
  readAnswer,
  register,
  request,
  type SignedIn,
} from "../../support/clients/api.ts";
import {
  bytesOf,
  chunk,
  concatBytes,
  download,
  expectUploaded,
  FORM_TYPE,
  filePart,
  formPieces,
  pseudoRandomBytes,
  sha256,
  storedFiles,
  streamOf,
  textPart,
  upload,
} from "../../support/clients/files.ts";
import { Errors } from "../../support/errors.ts";
import { LOST_D1 } from "../../support/faults/d1.ts";
import { perRun, sampledCases, sampledPairs } from "../../support/sampled-cases.ts";

const MAX_SIZE = 20 * 1024 * 1024;
const PIECE = 1024 * 1024;
const tooLong = pseudoRandomBytes(MAX_SIZE + 1);
const longest = tooLong.subarray(0, MAX_SIZE);

let ann: SignedIn;
/** the SHA-256 of `longest` */
let digest: string;

beforeAll(async () => {
  ann = await register();
  digest = await sha256(longest);
});

/** The four ways to upload a file. */
const WAYS: [string, string, (bytes: Uint8Array) => CallOptions["body"]][] = [
  ["a body with Content-Length", "video/mp4", (bytes) => bytes],
  ["a body without Content-Length", "video/mp4", (bytes) => streamOf(chunk(bytes, PIECE))],
  ["a form with Content-Length", FORM_TYPE, (bytes) => concatBytes(formPieces([filePart(bytes)]))],
  [
    "a form without Content-Length",
    FORM_TYPE,
    (bytes) => streamOf(formPieces([filePart(bytes)]).flatMap((it) => chunk(it, PIECE))),
  ],
];

const [STORED, REFUSED] = ["is stored", "and one byte is refused"] as const;
const CASES = sampledPairs(WAYS, [STORED, REFUSED]).map(([way, outcome]) => [...way, outcome] as const);

describe("a file of 20 MiB", () => {
  test.each(CASES.filter(([, , , outcome]) => outcome === STORED))(
    "as %s is stored and can be read by ranges",
    async (_, type, bodyOf) => {
      const file = expectUploaded(await upload(ann, bodyOf(longest), type));
      expect(file).toMatchObject({ size: MAX_SIZE, sha256: digest });
      const step = 3 * PIECE + 7;
      for (let at = 0; at < MAX_SIZE; at += step) {
        const end = Math.min(at + step, MAX_SIZE);
        const response = await download(file.url, { Range: `bytes=${at}-${at + step - 1}` });
        expect(response.status).toBe(206);
        expect(response.headers.get("Content-Range")).toBe(`bytes ${at}-${end - 1}/${MAX_SIZE}`);
        expect(Buffer.compare(await bytesOf(response), longest.subarray(at, end)), `from ${at}`).toBe(0);
      }
    },
  );

  test.each(CASES.filter(([, , , outcome]) => outcome === REFUSED))(
    "and one byte as %s is refused, and nothing is stored",
    async (_, type, bodyOf) => {
      using errors = new Errors();
      const before = await storedFiles();
      expectProblem(await upload(ann, bodyOf(tooLong), type), 413, "too_large");
      expect(await storedFiles()).toEqual(before);
      expect(errors.logged).toEqual([]);
    },
  );
});

test("a form with more than 20 MiB outside its file is refused", async () => {
  using errors = new Errors();
  const before = await storedFiles();
  const bigPart = { ...textPart("x", ""), bytes: longest };
  const forms = [
    formPieces([filePart("x"), bigPart, { ...bigPart, bytes: pseudoRandomBytes(2 * PIECE) }]),
    formPieces([bigPart, { ...bigPart, bytes: pseudoRandomBytes(2 * PIECE) }, filePart("x")]),
    [...formPieces([filePart("x")]), longest, longest],
  ];
  for (const [i, pieces] of forms.entries()) {
    const ways = [() => concatBytes(pieces), () => streamOf(pieces.flatMap((piece) => chunk(piece, PIECE)))];
    for (const body of sampledCases(ways, 1, i))
      expectProblem(await upload(ann, body(), FORM_TYPE), 413, "too_large");
  }
  expect(await storedFiles()).toEqual(before);
  expect(errors.logged).toEqual([]);
});

test("a form of more than 100 parts is refused, wherever its file is", async () => {
  const before = await storedFiles();
  const parts100 = Array.from({ length: 100 }, () => textPart("x", ""));
  for (const parts of [
    [...parts100, filePart("x")],
    [filePart("x"), ...parts100],
  ]) {
    expectProblem(await upload(ann, concatBytes(formPieces(parts)), FORM_TYPE), 400, "validation_failed");
  }
  expect(await storedFiles()).toEqual(before);
  expectUploaded(
    await upload(ann, concatBytes(formPieces([...parts100.slice(1), filePart("x")])), FORM_TYPE),
  );
});

test("a body of another size than its Content-Length is refused, and nothing is stored", async () => {
  using errors = new Errors();
  const before = await storedFiles();
  for (const claimedLength of [1, 999, 1_001, 5_000_000]) {
    const headers = { "Content-Type": "text/plain", "Content-Length": String(claimedLength) };
    const uploadRequest = request("POST", "/v1/files", {
      token: ann.token,
      body: streamOf([pseudoRandomBytes(1_000)]),
      headers,
    });
    const response = await app.fetch(uploadRequest, env, createExecutionContext());
    expectProblem(await readAnswer("POST", "/v1/files", response), 400, "validation_failed");
  }
  expect(await storedFiles()).toEqual(before);
  expect(errors.logged).toEqual([]);
});

const COUNT = perRun(8, 16);

test(`${COUNT} concurrent uploads of all kinds and sizes are stored unchanged`, async () => {
  const sizes = [0, 1, 255 * 1024, 257 * 1024, 5 * PIECE - 1, 5 * PIECE, 5 * PIECE + 1, 10 * PIECE];
  const uploads = Array.from({ length: COUNT }, async (_, i) => {
    const bytes = tooLong.subarray(i, i + (sizes[i % sizes.length] ?? 0));
    const [, type, bodyOf] = WAYS[Math.floor(i / 3) % WAYS.length] ?? WAYS[0] ?? [];
    const file = expectUploaded(await upload(ann, bodyOf?.(bytes), type));
    expect(file).toMatchObject({ size: bytes.byteLength, sha256: await sha256(bytes) });
    expect(Buffer.compare(await bytesOf(await download(file.url)), bytes), `of upload ${i}`).toBe(0);
    return file.key;
  });
  const keys = await Promise.all(uploads);
  expect(new Set(keys).size).toBe(COUNT);
  const { objects, rows } = await storedFiles();
  expect(objects).toEqual(rows);
  expect(rows).toEqual(expect.arrayContaining(keys));
});

describe("during an outage", () => {
  const failing = () =>
    Promise.reject(new Error("put: We encountered an internal error. Please try again. (10001)"));

  async function callWith(
    bindings: Partial<Env>,
    method: string,
    path: string,
    options: CallOptions = {},
  ): Promise<Answer> {
    const uploadRequest = request(method, path, { token: ann.token, ...options });
    const response = await app.fetch(uploadRequest, { ...env, ...bindings }, createExecutionContext());
    return readAnswer(method, path, response);
  }

  /** A bucket in which the named methods fail. */
  const bucketWithout = (...methods: string[]) =>
    new Proxy(env.FILES, {
      get(target, key) {
        if (typeof key === "string" && methods.includes(key)) return failing;
        const value: unknown = Reflect.get(target, key);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });

  test("of R2 uploads and downloads get 503", async () => {
    const before = await storedFiles();
    const FILES = bucketWithout("put", "createMultipartUpload");
    for (const [, type, bodyOf] of WAYS) {
      for (const bytes of [pseudoRandomBytes(1_000), pseudoRandomBytes(6 * PIECE)]) {
        const options = { body: bodyOf(bytes), headers: { "Content-Type": type } };
        const answer = await callWith({ FILES }, "POST", "/v1/files", options);
        expectProblem(answer, 503, "unavailable");
        expect(answer.headers.get("Retry-After")).toBe("1");
      }
    }
    expect(await storedFiles()).toEqual(before);
    const { url } = expectUploaded(await upload(ann, "x", "text/plain"));
    const { pathname } = new URL(url);
    expectProblem(await callWith({ FILES: bucketWithout("get") }, "GET", pathname), 503, "unavailable");
  });

  test("of R2 after the first part the upload is aborted and nothing is stored", async () => {
    const before = await storedFiles();
    let aborted = 0;
    const FILES = new Proxy(env.FILES, {
      get(target, key) {
        if (key !== "createMultipartUpload") return Reflect.get(target, key).bind(target);
        return async (...args: Parameters<R2Bucket["createMultipartUpload"]>) => {
          const multipart = await target.createMultipartUpload(...args);
          return {
            uploadPart: (part: number, bytes: Uint8Array) =>
              part === 1 ? multipart.uploadPart(part, bytes) : failing(),
            complete: failing,
            abort: () => {
              aborted += 1;
              return multipart.abort();
            },
          };
        };
      },
    });
    const options = {
      body: streamOf(chunk(pseudoRandomBytes(12 * PIECE), PIECE)),
      headers: { "Content-Type": "video/mp4" },
    };
    expectProblem(await callWith({ FILES }, "POST", "/v1/files", options), 503, "unavailable");
    expect(aborted).toBe(1);
    expect(await storedFiles()).toEqual(before);
  });

  test("of D1 the stored bytes are deleted again", async () => {
    const before = await storedFiles();
    const options = { body: pseudoRandomBytes(1_000), headers: { "Content-Type": "text/plain" } };
    expectProblem(await callWith({ DB: LOST_D1 }, "POST", "/v1/files", options), 503, "unavailable");
    expect(await storedFiles()).toEqual(before);
  });
});
