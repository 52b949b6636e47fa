import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type Answer,
  expectProblem,
  readAnswer,
  register,
  type SignedIn,
} from "../../support/clients/api.ts";
import {
  bytesOf,
  download,
  expectUploaded,
  pseudoRandomBytes,
  type StrictFile,
  upload,
} from "../../support/clients/files.ts";
import { Errors } from "../../support/errors.ts";

const SIZE = 70_000;
const bytes = pseudoRandomBytes(SIZE);
let ann: SignedIn;
let file: StrictFile;
let etag: string;

beforeAll(async () => {
  ann = await register();
  file = expectUploaded(await upload(ann, bytes, "image/png", "?name=cat.png"));
  etag = `"${file.sha256}"`;
});

/** The headers of every answer about a file. */
const commonHeaders = () => ({
  "accept-ranges": "bytes",
  "cache-control": "public, max-age=60, must-revalidate",
  "content-security-policy": "sandbox; default-src 'none'",
  "cross-origin-resource-policy": "cross-origin",
  etag,
  // The CORS headers depend on the request's Origin.
  vary: "Origin",
  "x-content-type-options": "nosniff",
  "x-request-id": expect.any(String),
});

/** The headers of an answer with the file's bytes. */
const contentHeaders = () => ({
  ...commonHeaders(),
  "content-type": "image/png",
  "content-disposition": "inline; filename=\"cat.png\"; filename*=UTF-8''cat.png",
});

const headersOf = ({ headers }: Response) => Object.fromEntries(headers);

/** The problem answer of a GET. */
async function refusal(url: string, headers: Record<string, string> = {}): Promise<Answer> {
  return readAnswer("GET", new URL(url).pathname, await download(url, headers));
}

test("GET returns the bytes without authentication", async () => {
  const response = await download(file.url);
  expect(response.status).toBe(200);
  expect(headersOf(response)).toEqual({ ...contentHeaders(), "content-length": String(SIZE) });
  expect(await bytesOf(response)).toEqual(bytes);
});

test("HEAD returns the same headers without a body, and ignores Range", async () => {
  for (const headers of [{}, { Range: "bytes=0-1" }, { Range: "bytes=99999999-" }] as Record<
    string,
    string
  >[]) {
    const response = await download(file.url, headers, "HEAD");
    expect(response.status).toBe(200);
    expect(headersOf(response)).toEqual({ ...contentHeaders(), "content-length": String(SIZE) });
    expect((await bytesOf(response)).byteLength).toBe(0);
  }
});

test("other methods get 405", async () => {
  for (const method of ["POST", "PUT", "DELETE", "PATCH"]) {
    const answer = await readAnswer(method, new URL(file.url).pathname, await download(file.url, {}, method));
    expectProblem(answer, 405, "method_not_allowed");
    expect(answer.headers.get("Allow")).toContain("GET");
  }
});

describe("a range", () => {
  const LAST = SIZE - 1;
  const RANGES: [string, number, number][] = [
    ["bytes=0-0", 0, 0],
    ["bytes=0-9", 0, 9],
    ["bytes=10-19", 10, 19],
    ["bytes=69990-", 69_990, LAST],
    ["bytes=0-", 0, LAST],
    ["bytes=69999-69999", LAST, LAST],
    ["bytes=60000-99999999999999999999", 60_000, LAST],
    ["bytes=-1", LAST, LAST],
    ["bytes=-70000", 0, LAST],
    ["bytes=-99999999999999999999", 0, LAST],
    ["Bytes = 5-6 ", 5, 6],
  ];

  test.each(RANGES)("%s gets 206 with the bytes %i to %i", async (range, first, last) => {
    const response = await download(file.url, { Range: range });
    expect(response.status).toBe(206);
    expect(headersOf(response)).toEqual({
      ...contentHeaders(),
      "content-length": String(last - first + 1),
      "content-range": `bytes ${first}-${last}/${SIZE}`,
    });
    expect(await bytesOf(response)).toEqual(bytes.subarray(first, last + 1));
  });

  test.each(["bytes=70000-", "bytes=70000-70001", "bytes=99999999999999999999-", "bytes=-0"])(
    "%s gets 416",
    async (range) => {
      const answer = await refusal(file.url, { Range: range });
      expectProblem(answer, 416, "range_not_satisfiable");
      expect(answer.headers.get("Content-Range")).toBe(`bytes */${SIZE}`);
    },
  );

  const WHOLE = [
    "bytes=0-1,5-6",
    "bytes=9-5",
    "bytes=-",
    "bytes=",
    "bytes=a-b",
    "bytes=0x1-2",
    "bytes 0-1",
    "lines=1-2",
    "",
  ];

  test.each(WHOLE)("%j is ignored, and the whole file is served", async (range) => {
    const response = await download(file.url, { Range: range });
    expect(response.status).toBe(200);
    expect(await bytesOf(response)).toEqual(bytes);
  });

  test("is served if If-Range matches the ETag; otherwise the whole file is served", async () => {
    const ask = async (condition: string) =>
      (await download(file.url, { Range: "bytes=0-9", "If-Range": condition })).status;
    expect(await ask(etag)).toBe(206);
    for (const other of [`W/${etag}`, '"another"', file.sha256, "Fri, 20 Nov 2026 10:00:00 GMT"]) {
      expect(await ask(other), other).toBe(200);
    }
    const unsatisfiable = { Range: "bytes=99999999-", "If-Range": '"another"' };
    expect((await download(file.url, unsatisfiable)).status).toBe(200);
  });

  test("of an empty file always gets 416", async () => {
    const { url } = expectUploaded(await upload(ann, new Uint8Array(), "text/plain"));
    for (const range of ["bytes=0-", "bytes=0-0", "bytes=-5"]) {
      const answer = await refusal(url, { Range: range });
      expectProblem(answer, 416, "range_not_satisfiable");
      expect(answer.headers.get("Content-Range")).toBe("bytes */0");
    }
  });
});

describe("If-None-Match", () => {
  test("with the file's ETag gets 304", async () => {
    for (const list of [etag, `W/${etag}`, `"another", ${etag}`, `"a,b",W/${etag} , "c"`, "*", " * "]) {
      for (const method of ["GET", "HEAD"]) {
        const response = await download(file.url, { "If-None-Match": list }, method);
        expect(response.status, list).toBe(304);
        expect(headersOf(response)).toEqual(commonHeaders());
        expect((await bytesOf(response)).byteLength).toBe(0);
      }
    }
    const both = { "If-None-Match": etag, Range: "bytes=99999999-" };
    expect((await download(file.url, both)).status).toBe(304);
  });

  test("with other ETags gets the file", async () => {
    for (const list of ['"another"', `"${file.sha256.slice(1)}"`, file.sha256, '""', "", "garbage"]) {
      expect((await download(file.url, { "If-None-Match": list })).status, list).toBe(200);
    }
    const ranged = { "If-None-Match": '"another"', Range: "bytes=0-9" };
    expect((await download(file.url, ranged)).status).toBe(206);
  });
});

describe("the Content-Disposition", () => {
  const INLINE = [
    ...["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp", "IMAGE/PNG"],
    ...["audio/mpeg", "audio/webm;codecs=opus", "video/mp4", 'video/mp4; codecs="avc1.42E01E, mp4a.40.2"'],
  ];
  const ATTACHED = [
    ...["image/svg+xml", "IMAGE/SVG+XML; charset=utf-8", "text/html", "text/plain", "application/pdf"],
    ...["application/xhtml+xml", "text/xml", "video/x+xml", "audio/x+xml", "application/octet-stream"],
    ...["text/javascript", "image/x", "imagex/png", "application/image/png".replace("application/", "x")],
  ];

  test.each(INLINE)("of %s is inline", async (type) => expect(await dispositionOf(type)).toBe("inline"));
  test.each(ATTACHED)("of %s is attachment", async (type) =>
    expect(await dispositionOf(type)).toBe("attachment"),
  );

  async function dispositionOf(type: string): Promise<string | undefined> {
    const { url, content_type } = expectUploaded(await upload(ann, "<script>", type));
    expect(content_type).toBe(type);
    const { headers } = await download(url, {}, "HEAD");
    expect(headers.get("Content-Type")).toBe(type);
    expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
    expect(headers.get("Content-Security-Policy")).toBe("sandbox; default-src 'none'");
    return headers.get("Content-Disposition")?.split(";")[0];
  }
});

describe("a download is not found", () => {
  const expectNotFound = async (url: string) => {
    using errors = new Errors();
    for (const headers of [{}, { Range: "bytes=0-" }, { "If-None-Match": "*" }] as Record<string, string>[]) {
      expectProblem(await refusal(url, headers), 404, "not_found");
    }
    expect((await download(url, {}, "HEAD")).status).toBe(404);
    expect(errors.logged).toEqual([]);
  };

  test("with another key or another name", async () => {
    const at = (key: string, name: string) => `https://parley.test/files/${key}/${name}`;
    const [first = ""] = file.key;
    const other = `${first === "0" ? "1" : "0"}${file.key.slice(1)}`;
    await expectNotFound(at(other, "cat.png"));
    await expectNotFound(at(file.key.toUpperCase(), "cat.png"));
    for (const key of ["0", "x".repeat(32), `${file.key}0`, "%", "%ff", "x".repeat(4_000)]) {
      await expectNotFound(at(key, "cat.png"));
    }
    for (const name of ["cat.pn", "Cat.png", "cat.png.exe", "%", "%00", "cat.png%00", "cat%2Fpng", "%ff"]) {
      await expectNotFound(at(file.key, name));
    }
    await expectNotFound(`https://parley.test/files/${file.key}`);
    await expectNotFound(`https://parley.test/files/${file.key}/x/cat.png`);
  });

  test("when the row or the bytes are missing", async () => {
    const orphan = "f".repeat(32);
    await env.FILES.put(orphan, "bytes");
    await expectNotFound(`https://parley.test/files/${orphan}/file`);
    await env.FILES.delete(orphan);
    const lost = expectUploaded(await upload(ann, "x", "text/plain"));
    await env.FILES.delete(lost.key);
    expectProblem(await refusal(lost.url), 404, "not_found");
  });
});
