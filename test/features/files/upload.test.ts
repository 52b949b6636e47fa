import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { app } from "../../support/app.ts";
import {
  type Answer,
  call,
  expectProblem,
  readAnswer,
  register,
  request,
  type SignedIn,
} from "../../support/clients/api.ts";
import {
  BOUNDARY,
  bytesOf,
  chunk,
  concatBytes,
  download,
  expectUploaded,
  FORM_TYPE,
  filePart,
  formPieces,
  type Part,
  pseudoRandomBytes,
  sha256,
  storedFiles,
  streamOf,
  textPart,
  upload,
} from "../../support/clients/files.ts";
import { Errors } from "../../support/errors.ts";
import { range } from "../../support/objects/room.ts";
import { sampledCases } from "../../support/sampled-cases.ts";

let ann: SignedIn;
const bytes = pseudoRandomBytes(100_000);

beforeAll(async () => {
  ann = await register();
});

/** A value in the encoding of RFC 8187, which escapes more characters than URLs do. */
const extended = (text: string) =>
  `UTF-8''${encodeURIComponent(text).replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16)}`)}`;
const form = (...parts: Part[]) => concatBytes(formPieces(parts));

describe("an uploaded file is stored unchanged", () => {
  test("as the body, with or without Content-Length", async () => {
    for (const body of [bytes, streamOf(chunk(bytes, 30_000))]) {
      const file = expectUploaded(await upload(ann, body, "image/png", "?name=cat.png"));
      expect(file).toEqual({
        key: expect.stringMatching(/^[0-9a-f]{32}$/),
        url: `https://parley.test/files/${file.key}/cat.png`,
        name: "cat.png",
        size: bytes.byteLength,
        content_type: "image/png",
        sha256: await sha256(bytes),
      });
      const response = await download(file.url);
      expect(response.status).toBe(200);
      expect(response.headers.get("Content-Type")).toBe("image/png");
      expect(await bytesOf(response)).toEqual(bytes);
    }
  });

  test("in a form among other fields", async () => {
    const parts = [
      textPart("before", "x"),
      filePart(bytes, "猫 & dog.webm", "audio/webm;codecs=opus"),
      {
        ...filePart("another file"),
        headers: ['Content-Disposition: form-data; name="other"; filename="x"'],
      },
      textPart("after", "y".repeat(100_000)),
    ];
    for (const body of [form(...parts), streamOf(chunk(form(...parts), 777))]) {
      const file = expectUploaded(await upload(ann, body, FORM_TYPE));
      expect(file).toMatchObject({
        name: "猫 & dog.webm",
        size: bytes.byteLength,
        content_type: "audio/webm;codecs=opus",
        sha256: await sha256(bytes),
      });
      expect(await bytesOf(await download(file.url))).toEqual(bytes);
    }
  });

  test("in a form that the runtime encodes", async () => {
    const data = new FormData();
    data.append("note", "hello");
    data.append("file", new File([bytes], "день.txt", { type: "text/plain" }));
    const { headers, body } = new Response(data);
    const file = expectUploaded(await upload(ann, body ?? "", headers.get("Content-Type") ?? ""));
    expect(file).toMatchObject({ name: "день.txt", content_type: "text/plain", sha256: await sha256(bytes) });
  });

  test("when it is empty", async () => {
    const empty = new Uint8Array();
    const answers = [
      await upload(ann, empty, "text/plain"),
      await upload(ann, streamOf([]), "text/plain"),
      await call("POST", "/v1/files", { token: ann.token, headers: { "Content-Type": "text/plain" } }),
      await upload(ann, form(filePart("", "file", "text/plain")), FORM_TYPE),
    ];
    for (const answer of answers) {
      const file = expectUploaded(answer);
      expect(file).toMatchObject({ name: "file", size: 0, content_type: "text/plain" });
      expect(file.sha256).toBe(await sha256(empty));
      const response = await download(file.url);
      expect([response.status, response.headers.get("Content-Length")]).toEqual([200, "0"]);
      expect(await bytesOf(response)).toEqual(empty);
    }
  });

  test("wherever the network splits the form into chunks", async () => {
    const content = `\r\n--${BOUNDARY.slice(0, -1)}\r\n--\r\r\n-`;
    const body = form(textPart("x", "1"), filePart(content, "é.bin"));
    for (const at of sampledCases(range(1, body.byteLength - 1), 40)) {
      const answer = await upload(ann, streamOf([body.subarray(0, at), body.subarray(at)]), FORM_TYPE);
      expect(expectUploaded(answer), `cut at ${at}`).toMatchObject({ name: "é.bin", size: content.length });
    }
    const byByte = expectUploaded(await upload(ann, streamOf(chunk(body, 1)), FORM_TYPE));
    expect(await (await download(byByte.url)).text()).toBe(content);
  });

  test("in a form with a preamble and an epilogue", async () => {
    const pieces = formPieces([filePart("x")], `--${BOUNDARY}--\r\nan epilogue`);
    const body = [new TextEncoder().encode("a preamble\r\n"), ...pieces, new Uint8Array(200_000)];
    expect(expectUploaded(await upload(ann, streamOf(body), FORM_TYPE)).size).toBe(1);
    expect(expectUploaded(await upload(ann, concatBytes(body), FORM_TYPE)).size).toBe(1);
  });
});

describe("the name of a file", () => {
  const NAMES = [
    "a.txt",
    "小林.png",
    "100%.png",
    "50%41",
    "a%2525",
    "%2F",
    "é%",
    "a b+c&d=e#f?g;h",
    "'(*)!~\"",
    "👩‍👩‍👧.gif",
    "...",
    " ",
    "x".repeat(255),
    "👍".repeat(255),
  ];

  test.each(NAMES)("%j is kept in the answer, the URL and the download", async (name) => {
    const quoted = name.replaceAll('"', '\\"');
    const answers = [
      await upload(ann, "x", "text/plain", `?name=${encodeURIComponent(name)}`),
      await upload(ann, form(filePart("x", quoted)), FORM_TYPE),
      await upload(
        ann,
        form({
          headers: [`Content-Disposition: form-data; name=file; filename="x"; filename*=${extended(name)}`],
          bytes: "x",
        }),
        FORM_TYPE,
      ),
    ];
    for (const answer of answers) {
      const { url, key, ...file } = expectUploaded(answer);
      expect(file.name).toBe(name);
      expect(url).toBe(`https://parley.test/files/${key}/${encodeURIComponent(name)}`);
      const response = await download(url);
      expect(response.status).toBe(200);
      const disposition = response.headers.get("Content-Disposition");
      expect(disposition).toMatch(/^attachment; filename="[\x20-\x7e]*"; filename\*=UTF-8''[\w%!~.-]+$/);
      expect(decodeURIComponent(disposition?.split("''")[1] ?? "")).toBe(name);
    }
  });

  test.each([
    [".", "file"],
    ["..", "file"],
    ["a/b", "a_b"],
    ["C:\\dir\\b", "C:_dir_b"],
    ["/", "_"],
    ["a\r\nb", "a__b"],
    ["\u007f", "_"],
    ["\u0085", "_"],
    ["photo\u202egpj.exe", "photogpj.exe"],
    ["a\u200c\ufe0f.txt", "a.txt"],
    ["\u200b", "file"],
    ["u\u0308ber.txt", "über.txt"],
    ["Ann ❤️ 👨‍👩‍👧\u200b.png", "Ann ❤️ 👨‍👩‍👧.png"],
  ])("%j is mended to %j", async (name, mended) => {
    const star = { headers: [`Content-Disposition: form-data; name="file"; filename*=${extended(name)}`] };
    // As browsers write it: https://html.spec.whatwg.org/multipage/form-control-infrastructure.html
    const written = name.replaceAll("\r", "%0D").replaceAll("\n", "%0A").replaceAll("\\", "\\\\");
    const answers = [
      await upload(ann, "x", "text/plain", `?name=${encodeURIComponent(name)}`),
      await upload(ann, form({ ...star, bytes: "x" }), FORM_TYPE),
      await upload(ann, form(filePart("x", written)), FORM_TYPE),
    ];
    for (const answer of answers) {
      const { url, key, ...file } = expectUploaded(answer);
      expect(file.name).toBe(mended);
      expect(url).toBe(`https://parley.test/files/${key}/${encodeURIComponent(mended)}`);
    }
  });

  test("is decoded as browsers encode it in a form", async () => {
    const answer = await upload(ann, form(filePart("x", "the %22best%22 of 100%25 %2F")), FORM_TYPE);
    expect(expectUploaded(answer).name).toBe('the "best" of 100%25 %2F');
  });

  test.each(["", "x".repeat(256), "👍".repeat(256)])("%j is refused", async (name) => {
    using errors = new Errors();
    const before = await storedFiles();
    expectProblem(
      await upload(ann, "x", "text/plain", `?name=${encodeURIComponent(name)}`),
      400,
      "validation_failed",
    );
    // In a form it is no name.
    if (name !== "")
      expectProblem(await upload(ann, form(filePart("x", name)), FORM_TYPE), 400, "validation_failed");
    const star = `filename*=${extended(name)}`;
    const headers = [`Content-Disposition: form-data; name="file"; ${star}`];
    if (name !== "")
      expectProblem(await upload(ann, form({ headers, bytes: "x" }), FORM_TYPE), 400, "validation_failed");
    expect(await storedFiles()).toEqual(before);
    expect(errors.logged).toEqual([]);
  });

  test("is `file` by default", async () => {
    const unnamed = { headers: ['Content-Disposition: form-data; name="file"'], bytes: "x" };
    for (const part of [unnamed, filePart("x", "")]) {
      expect(expectUploaded(await upload(ann, form(part), FORM_TYPE))).toMatchObject({
        name: "file",
        content_type: "application/octet-stream",
      });
    }
    const headers = { Authorization: `Bearer ${ann.token}` };
    const bare = new Request("https://parley.test/v1/files", { method: "POST", headers, body: bytes });
    expect(bare.headers.get("Content-Type")).toBeNull();
    const options = {
      token: ann.token,
      body: bytes,
      headers: { "Content-Type": "application/octet-stream" },
    };
    expect(expectUploaded(await call("POST", "/v1/files", options))).toMatchObject({ name: "file" });
  });

  test("is part of a URL at the request's origin", async () => {
    const { headers, body } = request("POST", "/v1/files?name=x", { token: ann.token, body: "x" });
    const localRequest = new Request("http://localhost:8787/v1/files?name=x", {
      method: "POST",
      headers,
      body,
    });
    const response = await download(localRequest.url, Object.fromEntries(headers), "POST");
    expect(await response.json()).toMatchObject({
      url: expect.stringMatching(/^http:\/\/localhost:8787\/files\//),
    });
  });
});

describe("an invalid upload is refused, and nothing is stored", () => {
  const CASES: [string, string, Uint8Array][] = [
    ["no boundary", "multipart/form-data", form(filePart("x"))],
    ["an empty boundary", 'multipart/form-data; boundary=""', form(filePart("x"))],
    ["a boundary too long", `multipart/form-data; boundary=${"x".repeat(71)}`, form(filePart("x"))],
    ["another boundary", "multipart/form-data; boundary=another", form(filePart("x"))],
    ["no field file", FORM_TYPE, form(textPart("a", "b"))],
    ["a field of another case", FORM_TYPE, form({ ...textPart("File", "b") })],
    ["no field at all", FORM_TYPE, concatBytes(formPieces([]))],
    ["an empty body", FORM_TYPE, new Uint8Array()],
    ["no form", FORM_TYPE, pseudoRandomBytes(1_000)],
    ["two files", FORM_TYPE, form(filePart("x"), filePart("y"))],
    ["a part without headers", FORM_TYPE, form({ headers: ["X: y"], bytes: "x" }, filePart("x"))],
    [
      "a part that is no field",
      FORM_TYPE,
      form({ headers: ["Content-Disposition: attachment; name=file"], bytes: "x" }),
    ],
    ["a part without a name", FORM_TYPE, form({ headers: ["Content-Disposition: form-data"], bytes: "x" })],
    [
      "an open quote",
      FORM_TYPE,
      form({ headers: ['Content-Disposition: form-data; name="file'], bytes: "x" }),
    ],
    [
      "two dispositions",
      FORM_TYPE,
      form({ headers: [...textPart("a", "").headers, ...filePart("").headers], bytes: "x" }),
    ],
    [
      "headers without end",
      FORM_TYPE,
      form({ headers: [`X: ${"y".repeat(100_000)}`, ...filePart("").headers], bytes: "x" }),
    ],
    ["an invalid type", FORM_TYPE, form(filePart("x", "a", "picture"))],
    ["a type too long", FORM_TYPE, form(filePart("x", "a", `text/${"x".repeat(251)}`))],
    ["an invalid type of the body", "picture", pseudoRandomBytes(10)],
    ["a type too long, of the body", `text/${"x".repeat(251)}`, pseudoRandomBytes(10)],
  ];

  test.each(CASES)("%s", async (_, type, body) => {
    using errors = new Errors();
    const before = await storedFiles();
    expectProblem(await upload(ann, body, type), 400, "validation_failed");
    expectProblem(await upload(ann, streamOf(chunk(body, 100)), type), 400, "validation_failed");
    expect(await storedFiles()).toEqual(before);
    expect(errors.logged).toEqual([]);
  });

  test("a name that is not UTF-8", async () => {
    const body = form(filePart("x", "\u00ff"));
    const at = body.indexOf(0xc3);
    expectProblem(
      await upload(ann, concatBytes([body.subarray(0, at), body.subarray(at + 1)]), FORM_TYPE),
      400,
      "validation_failed",
    );
  });

  test("a truncated form", async () => {
    using errors = new Errors();
    const before = await storedFiles();
    const body = form(textPart("x", "1"), filePart("hello"), textPart("y", "2"));
    const end = body.byteLength - "\r\n".length;
    for (const at of [0, ...sampledCases(range(1, end - 1), 40)]) {
      expectProblem(await upload(ann, body.subarray(0, at), FORM_TYPE), 400, "validation_failed");
    }
    expect(await storedFiles()).toEqual(before);
    expect(errors.logged).toEqual([]);
  });

  /** Calls the Worker directly, as a broken body ends normally when it passes the test's network. */
  async function uploadBroken(pieces: Uint8Array[], type: string): Promise<Answer> {
    const body = streamOf(pieces, true);
    const options = { token: ann.token, body, headers: { "Content-Type": type } };
    const response = await app.fetch(request("POST", "/v1/files", options), env, createExecutionContext());
    return readAnswer("POST", "/v1/files", response);
  }

  test("a body that breaks off", async () => {
    using errors = new Errors();
    const before = await storedFiles();
    const big = pseudoRandomBytes(6 * 1024 * 1024);
    for (const [type, pieces] of [
      ["image/png", chunk(bytes, 10_000)],
      ["image/png", chunk(big, 500_000)],
      [FORM_TYPE, chunk(form(filePart(bytes)), 10_000)],
      [FORM_TYPE, chunk(form(filePart(big)), 500_000)],
    ] as const) {
      expectProblem(await uploadBroken(pieces.slice(0, -1), type), 400, "validation_failed");
    }
    expect(await storedFiles()).toEqual(before);
    expect(errors.logged).toEqual([]);
  });

  test("a query with two names", async () => {
    expectProblem(await upload(ann, "x", "text/plain", "?name=a&name=b"), 400, "validation_failed");
  });
});
