import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { Buffer } from "node:buffer";
import { beforeAll, describe, expect, test } from "vitest";
import { app } from "../../support/app.ts";
import {
  type Answer,
  answerOf,
  type CallOptions,
  problem,
  register,
  request,
  type SignedIn,
} from "../../support/clients/api.ts";
import {
  bytesOf,
  cut,
  download,
  FORM_TYPE,
  filePart,
  formPieces,
  joined,
  noise,
  sha256,
  stored,
  streamOf,
  textPart,
  upload,
  uploaded,
} from "../../support/clients/files.ts";
import { Errors } from "../../support/errors.ts";

const MOST = 20 * 1024 * 1024;
const PIECE = 1024 * 1024;
const tooLong = noise(MOST + 1);
const longest = tooLong.subarray(0, MOST);

let ann: SignedIn;
/** of `longest` */
let digest: string;

beforeAll(async () => {
  ann = await register();
  digest = await sha256(longest);
});

/** The four ways in which a file comes. */
const WAYS: [string, string, (bytes: Uint8Array) => CallOptions["body"]][] = [
  ["a body with its length", "video/mp4", (bytes) => bytes],
  ["a body without", "video/mp4", (bytes) => streamOf(cut(bytes, PIECE))],
  ["a form with its length", FORM_TYPE, (bytes) => joined(formPieces([filePart(bytes)]))],
  [
    "a form without",
    FORM_TYPE,
    (bytes) => streamOf(formPieces([filePart(bytes)]).flatMap((it) => cut(it, PIECE))),
  ],
];

describe.each(WAYS)("%s", (_, type, bodyOf) => {
  test("of 20 MiB is stored, and streams back by ranges", async () => {
    const file = uploaded(await upload(ann, bodyOf(longest), type));
    expect(file).toMatchObject({ size: MOST, sha256: digest });
    const step = 3 * PIECE + 7;
    for (let at = 0; at < MOST; at += step) {
      const end = Math.min(at + step, MOST);
      const response = await download(file.url, { Range: `bytes=${at}-${at + step - 1}` });
      expect(response.status).toBe(206);
      expect(response.headers.get("Content-Range")).toBe(`bytes ${at}-${end - 1}/${MOST}`);
      expect(Buffer.compare(await bytesOf(response), longest.subarray(at, end)), `from ${at}`).toBe(0);
    }
  });

  test("of a byte more is refused, and nothing of it is left", async () => {
    using errors = new Errors();
    const before = await stored();
    problem(await upload(ann, bodyOf(tooLong), type), 413, "too_large");
    expect(await stored()).toEqual(before);
    expect(errors.logged).toEqual([]);
  });
});

test("a form that goes on and on besides its file is refused", async () => {
  using errors = new Errors();
  const before = await stored();
  const much = { ...textPart("x", ""), bytes: longest };
  const forms = [
    formPieces([filePart("x"), much, { ...much, bytes: noise(2 * PIECE) }]),
    formPieces([much, { ...much, bytes: noise(2 * PIECE) }, filePart("x")]),
    [...formPieces([filePart("x")]), longest, longest],
  ];
  for (const pieces of forms) {
    problem(await upload(ann, joined(pieces), FORM_TYPE), 413, "too_large");
    const small = pieces.flatMap((piece) => cut(piece, PIECE));
    problem(await upload(ann, streamOf(small), FORM_TYPE), 413, "too_large");
  }
  expect(await stored()).toEqual(before);
  expect(errors.logged).toEqual([]);
});

test("a form of very many parts is refused, before its file or behind it", async () => {
  const before = await stored();
  const many = Array.from({ length: 100 }, () => textPart("x", ""));
  for (const parts of [
    [...many, filePart("x")],
    [filePart("x"), ...many],
  ]) {
    problem(await upload(ann, joined(formPieces(parts)), FORM_TYPE), 400, "validation_failed");
  }
  expect(await stored()).toEqual(before);
  uploaded(await upload(ann, joined(formPieces([...many.slice(1), filePart("x")])), FORM_TYPE));
});

test("a body that says a length and is of another is refused, and nothing of it is left", async () => {
  using errors = new Errors();
  const before = await stored();
  for (const says of [1, 999, 1_001, 5_000_000]) {
    const headers = { "Content-Type": "text/plain", "Content-Length": String(says) };
    const asked = request("POST", "/v1/files", { token: ann.token, body: streamOf([noise(1_000)]), headers });
    const response = await app.fetch(asked, env, createExecutionContext());
    problem(await answerOf("POST", "/v1/files", response), 400, "validation_failed");
  }
  expect(await stored()).toEqual(before);
  expect(errors.logged).toEqual([]);
});

test("thirty at once, of every kind and size, are each stored as they are", async () => {
  const sizes = [0, 1, 255 * 1024, 257 * 1024, 5 * PIECE - 1, 5 * PIECE, 5 * PIECE + 1, 10 * PIECE];
  const uploads = Array.from({ length: 30 }, async (_, i) => {
    const bytes = tooLong.subarray(i, i + (sizes[i % sizes.length] ?? 0));
    const [, type, bodyOf] = WAYS[Math.floor(i / 3) % WAYS.length] ?? WAYS[0] ?? [];
    const file = uploaded(await upload(ann, bodyOf?.(bytes), type));
    expect(file).toMatchObject({ size: bytes.byteLength, sha256: await sha256(bytes) });
    expect(Buffer.compare(await bytesOf(await download(file.url)), bytes), `of upload ${i}`).toBe(0);
    return file.key;
  });
  const keys = await Promise.all(uploads);
  expect(new Set(keys).size).toBe(30);
  const { objects, rows } = await stored();
  expect(objects).toEqual(rows);
  expect(rows).toEqual(expect.arrayContaining(keys));
});

describe("while the Worker does not reach", () => {
  const lost = () =>
    Promise.reject(new Error("put: We encountered an internal error. Please try again. (10001)"));

  async function callWith(
    bindings: Partial<Env>,
    method: string,
    path: string,
    options: CallOptions = {},
  ): Promise<Answer> {
    const asked = request(method, path, { token: ann.token, ...options });
    const response = await app.fetch(asked, { ...env, ...bindings }, createExecutionContext());
    return answerOf(method, path, response);
  }

  /** A bucket of which some methods fail. */
  const bucketWithout = (...methods: string[]) =>
    new Proxy(env.FILES, {
      get(target, key) {
        if (typeof key === "string" && methods.includes(key)) return lost;
        const value: unknown = Reflect.get(target, key);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });

  test("R2, uploads and downloads say so", async () => {
    const before = await stored();
    const FILES = bucketWithout("put", "createMultipartUpload");
    for (const [, type, bodyOf] of WAYS) {
      for (const bytes of [noise(1_000), noise(6 * PIECE)]) {
        const options = { body: bodyOf(bytes), headers: { "Content-Type": type } };
        const answer = await callWith({ FILES }, "POST", "/v1/files", options);
        problem(answer, 503, "unavailable");
        expect(answer.headers.get("Retry-After")).toBe("1");
      }
    }
    expect(await stored()).toEqual(before);
    const { url } = uploaded(await upload(ann, "x", "text/plain"));
    const { pathname } = new URL(url);
    problem(await callWith({ FILES: bucketWithout("get") }, "GET", pathname), 503, "unavailable");
  });

  test("R2 behind the first part, nothing is left of an upload", async () => {
    const before = await stored();
    let aborted = 0;
    const FILES = new Proxy(env.FILES, {
      get(target, key) {
        if (key !== "createMultipartUpload") return Reflect.get(target, key).bind(target);
        return async (...given: Parameters<R2Bucket["createMultipartUpload"]>) => {
          const begun = await target.createMultipartUpload(...given);
          return {
            uploadPart: (part: number, bytes: Uint8Array) =>
              part === 1 ? begun.uploadPart(part, bytes) : lost(),
            complete: lost,
            abort: () => {
              aborted += 1;
              return begun.abort();
            },
          };
        };
      },
    });
    const options = {
      body: streamOf(cut(noise(12 * PIECE), PIECE)),
      headers: { "Content-Type": "video/mp4" },
    };
    problem(await callWith({ FILES }, "POST", "/v1/files", options), 503, "unavailable");
    expect(aborted).toBe(1);
    expect(await stored()).toEqual(before);
  });

  test("D1 for the row, the bytes are taken away again", async () => {
    const before = await stored();
    const failed = () => Promise.reject(new Error("D1_ERROR: Network connection lost."));
    const statement = { bind: () => statement, all: failed, run: failed, raw: failed, first: failed };
    const DB = new Proxy(env.DB, {
      get: (target, key) => (key === "prepare" ? () => statement : Reflect.get(target, key)),
    });
    const options = { body: noise(1_000), headers: { "Content-Type": "text/plain" } };
    problem(await callWith({ DB }, "POST", "/v1/files", options), 503, "unavailable");
    expect(await stored()).toEqual(before);
  });
});
