import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import type { Person } from "../../../scripts/support/person.ts";
import { type Api, Chat, Problem } from "../src/index.ts";
import { type UploadOptions, upload, uploads } from "../src/uploads/index.ts";
import { startChat, text, until } from "./support/chats.ts";
import { Network } from "./support/network.ts";
import { Server } from "./support/server.ts";

/** The settings of the server allow 16 of them a file. */
const MIB = 1024 * 1024;

const server = Server.shared();
let network: Network;
let ann: Person;

beforeAll(async () => {
  network = await Network.to(server.origin);
  ann = await server.person("ann");
});
afterAll(() => network[Symbol.asyncDispose]());

function film(size: number, name = "film.mp4"): File {
  return new File([randomBytes(size)], name, { type: "video/mp4" });
}

/** The calls of Ann, over the network. */
function apiOfAnn(): Api {
  return new Chat({ url: network.origin, token: ann.token, pause: 20 }).api;
}

/** Uploads for Ann, over the network. */
function send(file: Blob, options?: UploadOptions) {
  return upload(apiOfAnn(), file, options);
}

/** Calls that the client makes, from now on until the end of the test. */
function calls(method: string): string[] {
  const made: string[] = [];
  const real = globalThis.fetch;
  const spy = vi.spyOn(globalThis, "fetch").mockImplementation((url, init) => {
    if (init?.method === method) made.push(String(url).replace(/.*\//, ""));
    return real(url, init);
  });
  onTestFinished(() => spy.mockRestore());
  return made;
}

/** The upload that a `client_upload_id` names, started if there is none. */
async function started(person: Person, file: File, id: string) {
  const { name, size, type } = file;
  const announced = { client_upload_id: id, name, size, content_type: type };
  return (await person.call("POST", "/v1/files/uploads", announced)) as {
    id: string;
    parts: { part: number }[];
  };
}

/**
 * Expects that the server has the bytes of a file. Without their difference, which would be millions of
 * lines.
 */
async function expectStored(url: string, file: Blob | Uint8Array): Promise<void> {
  const stored = await (await fetch(url)).arrayBuffer();
  const sent = file instanceof Blob ? await bytesOf(file) : file;
  expect(Buffer.compare(Buffer.from(stored), sent)).toBe(0);
}

async function bytesOf(file: Blob): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await file.arrayBuffer());
}

test("a small file goes up in one call, with its name and type", async () => {
  const parts = calls("PUT");
  const progress: number[] = [];
  const file = film(3 * MIB);
  const uploaded = await send(file, { onProgress: (part) => progress.push(part) });
  expect(uploaded).toMatchObject({ name: "film.mp4", size: file.size, content_type: "video/mp4" });
  await expectStored(uploaded.url, file);
  expect([parts, progress]).toEqual([[], [1]]);
});

test("a file without name and type, and an empty one, can be uploaded", async () => {
  const expected = { name: "file", content_type: "application/octet-stream" };
  expect(await send(new Blob(["abc"]))).toMatchObject({ ...expected, size: 3 });
  expect(await send(new Blob([]))).toMatchObject({ ...expected, size: 0 });
  expect(await send(new Blob([randomBytes(6 * MIB)]))).toMatchObject({ ...expected, size: 6 * MIB });
});

test("a file of 12 MiB goes up in parts", async () => {
  const parts = calls("PUT");
  const progress: number[] = [];
  const file = film(12 * MIB);
  const uploaded = await send(file, { onProgress: (part) => progress.push(part) });
  expect(parts.toSorted()).toEqual(["1", "2", "3"]);
  await expectStored(uploaded.url, file);
  expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  expect(progress.at(-1)).toBe(1);
});

test("a part that a cut breaks off is repeated, and no other", async () => {
  const parts = calls("PUT");
  const file = film(12 * MIB);
  let cuts = 0;
  const uploaded = await send(file, { onProgress: () => cuts++ || network.cut() });
  await expectStored(uploaded.url, file);
  // One of the two parts under way was there.
  expect(parts.length).toBeLessThanOrEqual(5);
});

test("a part that hangs keeps no other file waiting", async () => {
  const held = Promise.withResolvers<void>();
  const real = globalThis.fetch;
  const spy = vi.spyOn(globalThis, "fetch").mockImplementation(async (url, init) => {
    if (String(url).endsWith("/parts/1")) {
      spy.mockImplementation(real);
      await held.promise;
    }
    return real(url, init);
  });
  onTestFinished(() => spy.mockRestore());
  const slow = film(12 * MIB);
  const hanging = send(slow);
  await expect.poll(() => spy.mock.calls.filter(([url]) => String(url).includes("/parts/")).length).toBe(3);
  const file = film(12 * MIB);
  await expectStored((await send(file)).url, file);
  held.resolve();
  await expectStored((await hanging).url, slow);
});

test("after a reload it goes on with the parts that are missing, and those that are others", async () => {
  const file = film(12 * MIB);
  const id = crypto.randomUUID();
  // Once: another part may get through after the network is up.
  let down: Promise<void> | undefined;
  const onProgress = (part: number) => {
    if (part > 0) down ??= network.down();
  };
  const api = apiOfAnn();
  const requests = vi.spyOn(api, "request");
  const lost = upload(api, file, { id, onProgress });
  await expect(lost).rejects.toMatchObject({ code: "no_answer" });
  await down;
  // The other part that was under way must not be repeated on the new network.
  await expect.poll(() => requests.mock.settledResults.map(({ type }) => type)).not.toContain("incomplete");
  await network.up();
  const { parts: there } = await started(ann, file, id);
  expect(there.length).toBeGreaterThan(0);
  const missing = ["1", "2", "3"].filter((part) => !there.some((one) => String(one.part) === part));
  // Bytes of a part that is there change.
  const [changed] = there.map(({ part }) => part);
  const bytes = await bytesOf(file);
  bytes.fill(7, ((changed ?? 1) - 1) * 5 * MIB, ((changed ?? 1) - 1) * 5 * MIB + 100);
  const parts = calls("PUT");
  const again = new File([new Uint8Array(bytes)], file.name, { type: file.type });
  const uploaded = await send(again, { id });
  // A part whose answer was lost may have come since.
  expect([...missing, String(changed)]).toEqual(expect.arrayContaining(parts));
  expect(parts).toContain(String(changed));
  await expectStored(uploaded.url, bytes);
  // Complete: nothing is sent any more, and it is the same file.
  const count = parts.length;
  expect(await send(again, { id })).toEqual(uploaded);
  expect(parts).toHaveLength(count);
});

test("a cancelled upload is forgotten by the server", async () => {
  const file = film(12 * MIB);
  const id = crypto.randomUUID();
  const { id: key } = await started(ann, file, id);
  const ending = new AbortController();
  const cancelled = send(file, { id, signal: ending.signal, onProgress: () => ending.abort() });
  await expect(cancelled).rejects.toThrow("aborted");
  await expect.poll(() => ann.call("GET", `/v1/files/uploads/${key}`).catch(String)).toContain("not_found");
  const small = send(film(MIB), { signal: ending.signal });
  await expect(small).rejects.toThrow("aborted");
});

test("a photograph keeps its metadata if the caller says so, in one call and in parts", async () => {
  const note = "taken at home";
  const head = Buffer.from(`\xff\xd8\xff\xfe\0\x0f${note}\xff\xda\0\x02`, "latin1");
  for (const size of [100, 6 * MIB]) {
    const file = new File([head, new Uint8Array(size)], "home.jpg", { type: "image/jpeg" });
    const cleaned = Buffer.from(await (await fetch((await send(file)).url)).arrayBuffer());
    expect([cleaned.length, cleaned.includes(note)]).toEqual([file.size, false]);
    await expectStored((await send(file, { keepMetadata: true })).url, file);
  }
});

test("refusals have the codes of the server", async () => {
  const codeOf = (done: Promise<unknown>) =>
    done.then(
      () => undefined,
      (error: unknown) => (error instanceof Problem ? error.code : error),
    );
  const id = crypto.randomUUID();
  await started(ann, film(6 * MIB), id);
  expect(await codeOf(send(film(7 * MIB), { id }))).toBe("conflict");
  expect(await codeOf(send(film(17 * MIB)))).toBe("too_large");
  expect(await codeOf(send(film(1, "x".repeat(256))))).toBe("validation_failed");
  const stranger = new Chat({ url: server.origin, token: "no token", pause: 20 });
  expect(await codeOf(upload(stranger.api, film(1)))).toBe("unauthenticated");
});

test("an upload goes on where it was after answers of a proxy that is not Parley", async () => {
  const file = film(6 * MIB);
  const id = crypto.randomUUID();
  const { id: key } = await started(ann, file, id);
  const real = globalThis.fetch;
  const spy = vi
    .spyOn(globalThis, "fetch")
    .mockImplementation(async (url, init) =>
      init?.method === "PUT" ? new Response("Bad gateway", { status: 502 }) : real(url, init),
    );
  onTestFinished(() => spy.mockRestore());
  await expect(send(file, { id })).rejects.toMatchObject({ code: "internal", status: 502 });
  spy.mockRestore();
  expect((await started(ann, file, id)).id).toBe(key);
  await expectStored((await send(file, { id })).url, file);
});

test("a message with a file goes behind those before it, and before those behind it, over a cut", async () => {
  const bob = await server.person("bob");
  const { id } = await ann.openDirect(bob);
  const chat = await startChat(network.origin, ann, { uploads });
  const window = chat.open(id);
  const file = film(12 * MIB);
  const steps: number[] = [];
  window.send(text("before"));
  window.send({ kind: "video", body: { url: "", caption: "Look" } }, file);
  window.send(text("behind"));
  chat.subscribe(
    () => window.view.pending.find((one) => one.file)?.progress,
    (progress = 0) => {
      if (steps.push(progress) === 1) network.cut();
    },
  );
  await until(chat, () => window.view.messages.length === 3 && window.view.pending.length === 0);
  const [, message] = window.view.messages;
  expect(window.view.messages.map(({ kind }) => kind)).toEqual(["text", "video", "text"]);
  expect(steps.length).toBeGreaterThan(1);
  const said = { caption: "Look", name: "film.mp4", size: file.size, content_type: "video/mp4" };
  expect(message?.body).toMatchObject(said);
  const url = message?.kind === "video" && "url" in message.body ? message.body.url : "";
  await expectStored(url, file);
});

test("a file that is refused fails its message alone; the one behind goes", async () => {
  const bob = await server.person("bob");
  const { id } = await ann.openDirect(bob);
  const chat = await startChat(network.origin, ann, { uploads });
  const window = chat.open(id);
  window.send({ kind: "file", body: { url: "" } }, film(17 * MIB));
  window.send(text("behind"));
  await until(chat, () => window.view.messages.length === 1);
  expect(window.view.pending).toMatchObject([{ state: "failed", code: "too_large" }]);
});

test("a message whose file goes up can be discarded: its upload ends, and the next message goes", async () => {
  const bob = await server.person("bob");
  const { id } = await ann.openDirect(bob);
  const chat = await startChat(network.origin, ann, { uploads });
  const window = chat.open(id);
  const file = film(12 * MIB);
  const message = { kind: "file" as const, body: { url: "" }, client_msg_id: crypto.randomUUID() };
  const upload = await started(ann, file, message.client_msg_id);
  window.send(message, file);
  window.send(text("behind"));
  await until(chat, () => window.view.pending.some(({ progress = 0 }) => progress > 0));
  expect(chat.discard(message.client_msg_id)).toBe(true);
  await until(chat, () => window.view.messages.length === 1 && window.view.pending.length === 0);
  await expect
    .poll(() => ann.call("GET", `/v1/files/uploads/${upload.id}`).catch(String))
    .toContain("not_found");
});

test("a file whose upload conflicts for good fails its message; the one behind goes, and a retry is fresh", async () => {
  const bob = await server.person("bob");
  const { id } = await ann.openDirect(bob);
  const chat = await startChat(network.origin, ann, { uploads });
  const window = chat.open(id);
  const client_msg_id = crypto.randomUUID();
  const other = await started(ann, film(7 * MIB), client_msg_id);
  window.send({ kind: "file", body: { url: "" }, client_msg_id }, film(6 * MIB));
  window.send(text("behind"));
  await until(chat, () => window.view.messages.length === 1);
  expect(window.view.pending).toMatchObject([{ client_msg_id, state: "failed", code: "conflict" }]);
  await ann.call("DELETE", `/v1/files/uploads/${other.id}`);
  chat.retry(client_msg_id);
  await until(chat, () => window.view.messages.length === 2 && window.view.pending.length === 0);
});

test("while ten uploads are open, a message waits for those of its client, and for no others", async () => {
  const [cat, , id] = await server.direct("cat", "bob");
  const file = film(6 * MIB);
  const open = [];
  for (let i = 0; i < 9; i++) open.push(await started(cat, file, `open ${i}`));
  const chat = await startChat(network.origin, cat, { uploads });
  const window = chat.open(id);
  for (let i = 0; i < 2; i++) window.send({ kind: "file", body: { url: "" } }, film(6 * MIB));
  await until(chat, () => window.view.messages.length === 2);
  await started(cat, file, "open 9");
  window.send({ kind: "file", body: { url: "" } }, file);
  await until(chat, () => window.view.pending.some(({ code }) => code === "conflict"));
});

test("a file that is refused in the midst of its upload leaves no upload on the server", async () => {
  const bob = await server.person("bob");
  const { id } = await ann.openDirect(bob);
  const chat = await startChat(network.origin, ann, { uploads });
  const window = chat.open(id);
  const file = film(12 * MIB);
  const client_msg_id = crypto.randomUUID();
  const upload = await started(ann, file, client_msg_id);
  // As a file that was changed on the disk. The refusal of a long part could be lost: the server closes the
  // connection before the end of the part.
  vi.spyOn(file, "slice").mockImplementation(() => new Blob(["changed"]));
  window.send({ kind: "file", body: { url: "" }, client_msg_id }, file);
  await until(chat, () => window.view.pending.some(({ state }) => state === "failed"));
  expect(window.view.pending).toMatchObject([{ code: "validation_failed" }]);
  await expect(ann.call("GET", `/v1/files/uploads/${upload.id}`)).rejects.toThrow("not_found");
});
