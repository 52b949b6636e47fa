import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { z } from "zod";
import { ImportFailure, messageOf } from "../../../scripts/import/failure.ts";
import { runImport } from "../../../scripts/import/run.ts";
import { ImportServer } from "../../../scripts/import/server/import-server.ts";
import { fixture } from "./converted.ts";
import { folderOf } from "./folder.ts";
import { type Got, listen } from "./http.ts";

const Record = z.looseObject({ type: z.string() });
const FileRecord = z.object({ file: z.object({ external_id: z.string(), sha256: z.string() }) });

/** The records of a part. */
function recordsOf({ body }: Got) {
  return body
    .toString()
    .trim()
    .split("\n")
    .map((line) => Record.parse(JSON.parse(line)));
}

/** Answers as a server that takes everything, and lacks all files. */
function takeAll(got: Got, response: ServerResponse, hasThem = false): void {
  if (got.method === "PUT") {
    response.writeHead(201).end();
    return;
  }
  const imported: { [type: string]: number } = {};
  const unchanged: { [type: string]: number } = {};
  const wanted: { external_id: string; sha256: string }[] = [];
  for (const record of recordsOf(got)) {
    const counts =
      hasThem && (record.type === "conversation" || record.type === "role") ? unchanged : imported;
    if (record.type !== "version") counts[record.type] = (counts[record.type] ?? 0) + 1;
    if (record.type === "file") wanted.push(FileRecord.parse(record).file);
  }
  const report = { imported, unchanged, left_out: [], left_out_count: 0, files_wanted: wanted };
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(report));
}

async function importDiscord(origin: string, ...argv: string[]): Promise<{ code: number; said: string }> {
  const lines: string[] = [];
  const code = await runImport({
    argv: [fixture("discord/general.json"), "--from", "discord", "--no-files", ...argv],
    env: { PARLEY_URL: origin, PARLEY_KEY: "psk_test" },
    say: (line) => lines.push(line),
  });
  return { code, said: lines.join("\n") };
}

test("sends records with the key, in the order users, space, categories, conversation, messages, members", async () => {
  const { origin, got } = await listen(takeAll);
  const { code, said } = await importDiscord(origin);
  expect({ code, said }).toEqual({
    code: 0,
    said: expect.stringContaining("1 conversation, 5 messages, 3 members"),
  });
  expect(got.map(({ method, path }) => `${method} ${path}`)).toEqual([
    "POST /v1/server/imports?dry_run=false",
  ]);
  expect(got[0]?.headers).toMatchObject({
    authorization: "Bearer psk_test",
    "content-type": "application/jsonl",
  });
  const types = got.flatMap(recordsOf).map(({ type }) => type);
  expect([...new Set(types)]).toEqual([
    "version",
    "user",
    "space",
    "category",
    "space_member",
    "conversation",
    "message",
    "member",
  ]);
});

test("a dry run asks the server to store nothing, and hands over no file", async () => {
  const { origin, got } = await listen(takeAll);
  const lines: string[] = [];
  const argv = [fixture("mattermost"), "--from", "mattermost", "--dry-run"];
  const env = { PARLEY_URL: origin, PARLEY_KEY: "psk_test" };
  expect(await runImport({ argv, env, say: (line) => lines.push(line) })).toBe(0);
  expect(got.map(({ method, path }) => `${method} ${path}`)).toEqual([
    "POST /v1/server/imports?dry_run=true",
  ]);
  expect(lines.join("\n")).toContain(
    "Would import: 6 users, 1 space, 1 role, 2 space members, 4 conversations",
  );
});

test("hands over the files that the server wants, with their bytes", async () => {
  const { origin, got } = await listen(takeAll);
  const lines: string[] = [];
  const argv = [fixture("mattermost"), "--from", "mattermost"];
  const env = { PARLEY_URL: origin, PARLEY_KEY: "psk_test" };
  expect(await runImport({ argv, env, say: (line) => lines.push(line) })).toBe(0);
  const sha256 = "e5c62df5dab5c87b6a015ef3d43597074d1eec433b15f51aec63b8582d0e4ab4";
  expect(got.at(-1)).toMatchObject({
    ...{ method: "PUT", path: `/v1/server/imports/files/${sha256}`, body: Buffer.from("%PDF-1.4\n") },
    headers: { "content-length": "9", authorization: "Bearer psk_test" },
  });
  expect(lines.join("\n")).toContain("Handed over: the bytes of 1 file,");
});

test("repeats a part after a failure, and what the server leaves out is told", async () => {
  let failures = 2;
  const { origin, got } = await listen((one, response) => {
    if (failures-- > 0) response.writeHead(failures === 1 ? 503 : 429, { "retry-after": "0" }).end();
    else if (one.method === "PUT") response.writeHead(201).end();
    else {
      const left = { line: 9, type: "message", external_id: "discord:1", reason: "No such sender." };
      const counts = { imported: { message: 4 }, unchanged: { user: 3 } };
      const report = { ...counts, left_out: [left], left_out_count: 3, files_wanted: [] };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(report));
    }
  });
  const { code, said } = await importDiscord(origin);
  expect(got).toHaveLength(3);
  expect(new Set(got.map(({ body }) => body.toString())).size).toBe(1);
  expect(code).toBe(0);
  expect(said).toContain("There already: 3 users.");
  expect(said).toContain("1 × the server: message: No such sender.");
  expect(said).toContain("2 × the server: further records");
});

test("a part is cut before any file but the picture of a user", async () => {
  const { origin, got } = await listen(takeAll);
  const sha256 = "0".repeat(64);
  const user = (i: number) => ({ type: "user", user: { external_id: `u${i}`, avatar: `file:f${i}` } });
  const file = (i: number) => ({ type: "file", file: { external_id: `f${i}`, uploader: "u0", sha256 } });
  const ids = Array.from({ length: 4_500 }, (_, i) => i);
  const records = [...ids.slice(0, 2_000).map(user), file(1_999), ...ids.map(file)];
  const own = folderOf({ "own.jsonl": records.map((record) => JSON.stringify(record)).join("\n") });
  const env = { PARLEY_URL: origin, PARLEY_KEY: "psk_test" };
  expect(await runImport({ argv: [own], env, say: () => {} })).toBe(0);
  const parts = got.map(recordsOf);
  expect(parts.map((part) => part.length)).toEqual([2_001, 2_000, 2_000, 500]);
  expect(parts[0]?.at(-1)).toMatchObject({ type: "file" });
});

test("each part has the records of its channels and roles, which count once", async () => {
  const { origin, got } = await listen((one, response) => takeAll(one, response, got.length > 1));
  const overrides = [{ role: "everyone", deny: ["read"] }];
  const channel = { external_id: "c", kind: "group", space: "s", overrides };
  const open = { ...channel, external_id: "d", overrides: [] };
  const message = (i: number) => ({
    type: "message",
    message: {
      ...{ conversation: i % 2 ? "c" : "d", external_id: `m${i}`, sender: "u", created_at: i },
      ...{ kind: "text", body: { text: "Beans" } },
    },
  });
  const ids = Array.from({ length: 2_100 }, (_, i) => `u${i}`);
  const records = [
    { type: "role", role: { space: "s", external_id: "r", name: "Hosts" } },
    ...ids.map((user) => ({ type: "space_member", space_member: { space: "s", user, roles: ["r"] } })),
    ...[channel, open].map((conversation) => ({ type: "conversation", conversation })),
    ...Array.from({ length: 2_100 }, (_, i) => message(i)),
  ];
  const own = folderOf({ "own.jsonl": records.map((record) => JSON.stringify(record)).join("\n") });
  const env = { PARLEY_URL: origin, PARLEY_KEY: "psk_test" };
  const said: string[] = [];
  expect(await runImport({ argv: [own], env, say: (line) => said.push(line) })).toBe(0);
  const named = got.map((part) =>
    recordsOf(part).flatMap(({ type, conversation }) =>
      type === "role" ? "r" : type === "conversation" ? Object(conversation).external_id : [],
    ),
  );
  expect(named).toEqual([["r"], ["r", "c", "d"], ["c"]]);
  expect(said.join("\n")).toContain("Imported: 1 role, 2,100 space members, 2,100 messages (");
  // The second part brings them, and that server has them already.
  expect(said.join("\n")).toContain("There already: 2 conversations.");
});

test("repeats a call whose answer breaks off, after the pause that the server asks for", async () => {
  const { origin, got } = await listen((one, response) => {
    if (got.length > 2) takeAll(one, response);
    else if (got.length === 2) {
      response.writeHead(200, { "content-length": "1000" }).write("{");
      setTimeout(() => response.destroy(), 1);
    } else response.writeHead(503, { "retry-after": new Date().toUTCString() }).end();
  });
  const begin = performance.now();
  expect(await importDiscord(origin)).toMatchObject({ code: 0 });
  expect(got).toHaveLength(3);
  // A date is no number of seconds: the pauses are those of an answer without one, 500 ms and 1 s.
  expect(performance.now() - begin).toBeGreaterThan(1_450);
});

test("bytes that cannot be read are no failure of the server: nothing is repeated", async () => {
  const { origin, got } = await listen(takeAll);
  let opened = 0;
  const open = () => {
    opened++;
    return Promise.reject(new ImportFailure("leaf.png cannot be read"));
  };
  const sent = new ImportServer(origin, "psk_test").file("0".repeat(64), 1, open);
  await expect(sent).rejects.toThrow("leaf.png cannot be read");
  expect([opened, got.length]).toEqual([1, 0]);
});

test("a failure of the network is told with its cause", () => {
  const cause = new Error("connect ECONNREFUSED 10.0.0.1:443");
  expect(messageOf(new TypeError("fetch failed", { cause }))).toBe(
    "fetch failed (connect ECONNREFUSED 10.0.0.1:443)",
  );
  expect([messageOf(new Error("no")), messageOf("nothing")]).toEqual(["no", "nothing"]);
});

test("a server that refuses ends the import with its reason, and the exit code is 1", async () => {
  const { origin } = await listen((_, response) =>
    response
      .writeHead(401, { "content-type": "application/problem+json" })
      .end(JSON.stringify({ code: "unauthenticated", detail: "The key does not work." })),
  );
  expect(await importDiscord(origin)).toEqual({
    code: 1,
    said: expect.stringContaining(
      "The server refuses the import with 401 (unauthenticated: The key does not work.). Is PARLEY_KEY",
    ),
  });
  const { origin: other } = await listen((_, response) => response.end("{}"));
  expect((await importDiscord(other)).said).toContain("Is it Parley?");
  const { origin: page } = await listen((_, response) => response.end("<html>"));
  expect(await importDiscord(page)).toMatchObject({
    code: 1,
    said: expect.stringContaining("Is it Parley?"),
  });
  expect((await importDiscord("nowhere")).said).toContain("PARLEY_URL is no address");
});

test("--match-email uses the external ids of users who alone have an address here", async () => {
  const { origin, got } = await listen((one, response) => {
    if (one.method === "POST") return takeAll(one, response);
    const isFirst = !one.path.includes("cursor");
    const user = (external_id: string | null, email: string, state = "active") => ({
      external_id,
      email,
      state,
    });
    const items = isFirst
      ? [user("ours-ann", "ANN@pine.example"), user(null, "cai@pine.example")]
      : [user("b1", "ben@pine.example"), user("b2", "ben@pine.example"), user("gone", "", "deactivated")];
    response.end(JSON.stringify({ items, next_cursor: isFirst ? "next" : null }));
  });
  const lines: string[] = [];
  const argv = [fixture("mattermost"), "--from", "mattermost", "--match-email", "--no-files"];
  const env = { PARLEY_URL: origin, PARLEY_KEY: "psk_test" };
  expect(await runImport({ argv, env, say: (line) => lines.push(line) })).toBe(0);
  expect(lines[0]).toBe(
    "1 e-mails name a user here. Not used: 1 that several have, 1 of users without an external id.",
  );
  const users = got
    .flatMap((one) => (one.method === "POST" ? recordsOf(one) : []))
    .filter(({ type }) => type === "user");
  expect(JSON.stringify(users)).not.toContain("ann@pine.example");
  expect(JSON.stringify(users)).toContain('"mattermost:ben.b"');
});
