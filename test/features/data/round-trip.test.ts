import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { ExportRecord } from "../../../src/domain/data/records.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { call, register, type SignedIn } from "../../support/clients/api.ts";
import { exportAll, importAll, renamed, sorted } from "./records.ts";

let key: string;

beforeAll(async () => {
  key = (await makeServerKey(["data", "conversations", "messages"])).text;
});

type Person = SignedIn;

/** A step of a history: a call of a member, which may be refused. */
interface Step {
  who: number;
  what: number;
  seq: number;
  other: number;
  text: string;
}

const KEYS = ["👍", "❤", ":party_parrot:"];

/** Makes a step's call. */
function go(people: Person[], id: number, { who, what, seq, other, text }: Step): Promise<unknown> {
  const { token } = people[who % people.length] ?? people[0] ?? { token: "" };
  const peer = people[other % people.length]?.user.id ?? 0;
  const path = `/v1/conversations/${id}`;
  const send = (body: object) => call("POST", `${path}/messages`, { token, body });
  const plain = { kind: "text", body: { text } };
  const calls = [
    () => send(plain),
    () => send({ ...plain, quote_seq: seq, mentions: [peer] }),
    () => send({ ...plain, thread: { root: seq, also_in_main: other % 2 === 0 } }),
    () => send({ ...plain, mentions: "all" }),
    () =>
      send({
        kind: "image",
        body: { url: "https://pictures.test/a.png", caption: text, width: 3, height: 4 },
      }),
    () => send({ kind: "location", body: { latitude: 1.5, longitude: other, address: text } }),
    () => send({ kind: "custom", body: { data: text, description: "d", extension: "" } }),
    () =>
      send({
        kind: "poll",
        body: {
          question: text || "?",
          options: ["one", "two", "three"],
          multiple: other % 2 === 0,
          anonymous: false,
          ends_at: 0,
        },
      }),
    () => send({ kind: "merged", body: { title: text, items: [{ conversation_id: id, seq }] } }),
    () => send({ forward: { conversation_id: id, seq } }),
    () =>
      call("PATCH", `${path}/messages/${seq}`, {
        token,
        body: { body: { text: `${text} edited` }, base_version: 1 },
      }),
    () =>
      call("PUT", `${path}/messages/${seq}/reactions/${encodeURIComponent(KEYS[other % 3] ?? "")}`, {
        token,
      }),
    () => call("PUT", `${path}/messages/${seq}/votes`, { token, body: { options: [other % 3] } }),
    () => call("POST", `${path}/messages/${seq}/close`, { token }),
    () => call("PUT", `${path}/messages/${seq}/pin`, { token }),
    () => call("DELETE", `${path}/messages/${seq}?for=everyone`, { token }),
    () => call("PUT", `${path}/read`, { token, body: { seq } }),
    () => call("DELETE", `${path}/messages/${seq}?for=me`, { token }),
    () => call("PATCH", path, { token, body: { name: text.slice(0, 20) || "n" } }),
    () => call("DELETE", `${path}/members/${peer}`, { token }),
    () => call("POST", `${path}/leave`, { token }),
    () => call("POST", `${path}/members`, { token, body: { user_ids: [peer] } }),
  ];
  return calls[what % calls.length]?.() ?? Promise.resolve();
}

const steps = fc.array(
  fc.record({
    who: fc.nat(3),
    what: fc.nat(21),
    seq: fc.integer({ min: 1, max: 12 }),
    other: fc.nat(5),
    text: fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }),
  }),
  { minLength: 20, maxLength: 40 },
);

let runs = 0;

/** Imports an export under other ids, and exports what has become of it. */
async function throughImport(records: ExportRecord[]): Promise<ExportRecord[]> {
  const prefix = `x${++runs}:`;
  const elsewhere = renamed(records, "parley:", prefix);
  const report = await importAll(key, elsewhere);
  expect(report.left_out.filter(({ reason }) => !reason.includes("its username is taken"))).toEqual([]);
  const again = await importAll(key, elsewhere);
  expect(
    Object.values(again.imported).every((count) => count === 0),
    JSON.stringify(again),
  ).toBe(true);
  const room = elsewhere.find(({ type }) => type === "conversation");
  if (room?.type !== "conversation") throw new Error("the export has a conversation");
  const ref = encodeURIComponent(`ext:${room.conversation.external_id}`);
  const { records: back } = await exportAll(key, `/v1/server/conversations/${ref}/export`);
  return renamed(back, prefix, "parley:");
}

/** A username and a handle are had once. */
function comparable(records: ExportRecord[]): unknown[] {
  return sorted(records).map((record) =>
    record.type === "user" ? { ...record, user: { ...record.user, username: "" } } : record,
  );
}

/** A history in which each step succeeds once at least: `what` is a call of `go`. */
const EVERYTHING: Step[] = [
  ...[0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((what) => ({
    who: 0,
    what,
    seq: 2,
    other: 1,
    text: `text ${what}`,
  })),
  { who: 0, what: 2, seq: 3, other: 0, text: "also in main" },
  { who: 0, what: 10, seq: 3, other: 0, text: "text" },
  ...[0, 1, 2].map((other) => ({ who: other, what: 11, seq: 4, other, text: "" })),
  { who: 1, what: 12, seq: 10, other: 2, text: "" },
  { who: 2, what: 12, seq: 10, other: 0, text: "" },
  ...[13, 14, 17].map((what) => ({ who: 0, what, seq: what === 13 ? 10 : 5, other: 0, text: "" })),
  { who: 1, what: 17, seq: 6, other: 0, text: "" },
  { who: 1, what: 16, seq: 4, other: 0, text: "" },
  { who: 0, what: 15, seq: 7, other: 0, text: "" },
  { who: 0, what: 18, seq: 1, other: 0, text: "renamed" },
  { who: 3, what: 20, seq: 1, other: 0, text: "" },
  { who: 0, what: 19, seq: 1, other: 2, text: "" },
  { who: 0, what: 21, seq: 1, other: 2, text: "" },
  { who: 1, what: 0, seq: 1, other: 2, text: "the last one" },
];

/** What records have to be there, so that the property is about them. */
const PARTS = [
  ...["reply_to", "thread", "mentions", "edits", "reactions", "votes", "pinned", "revoked", "hidden_by"],
  ...["closed_at", "forwarded", "image", "location", "custom", "poll", "merged", "system", "left", "read"],
];

function partsOf(records: ExportRecord[]): Set<string> {
  return new Set(
    records.flatMap((record) => {
      if (record.type === "message") return [...Object.keys(record.message), record.message.kind];
      return record.type === "member" ? [record.member.state] : [record.type];
    }),
  );
}

test("what is exported can be imported, and is exported as it was", async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.boolean(), async (history, isGroup) => {
      const people = await Promise.all([register(), register(), register(), register()]);
      const [ann, ben] = people;
      const body = isGroup
        ? { kind: "group", name: "Round", member_ids: people.slice(1).map(({ user }) => user.id) }
        : { kind: "direct", user_id: ben?.user.id };
      const opened = await call("POST", "/v1/conversations", { token: ann?.token ?? "", body });
      const { id } = z.object({ id: z.int() }).parse(opened.body);
      for (const step of history) await go(isGroup ? people : people.slice(0, 2), id, step);
      const { records } = await exportAll(key, `/v1/server/conversations/${id}/export`);
      if (history === EVERYTHING) expect([...partsOf(records)]).toEqual(expect.arrayContaining(PARTS));
      expect(comparable(await throughImport(records))).toEqual(comparable(records));
    }),
    { numRuns: 4, examples: [[EVERYTHING, true]], endOnFailure: true },
  );
});
