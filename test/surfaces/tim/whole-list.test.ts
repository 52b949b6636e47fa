import { env, exports } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { openForSelf, send } from "../../support/clients/chat.ts";
import { eventually } from "../../support/eventually.ts";
import { interceptD1 } from "../../support/faults/d1.ts";
import { createGroupOfKind, wholeList } from "../../support/objects/core.ts";
import { itemAt } from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";
import { failure, nameOf, success, tim } from "./client.ts";

// A short cooldown brings the list up to date at once; each poll of it costs a call.
beforeAll(() => setTiming({ fanout: { cooldownMs: 10 } }));

const PATH = "/conversation/getConversationList";
const SYSTEM = "@TIM#SYSTEM";
const WRITERS = 110;

const List = z.strictObject({
  ...{ code: z.literal(0), msg: z.literal("") },
  data: z.array(z.looseObject({ conversationID: z.string(), unreadCount: z.int(), isPinned: z.boolean() })),
  ...{ nextCursor: z.string(), isCompleted: z.boolean() },
});
type List = z.infer<typeof List>;

const ask = async (who: SignedIn, body: object = {}): Promise<List> =>
  List.parse(success(await tim(who, PATH, body)));
const idsOf = ({ data }: List) => data.map(({ conversationID }) => conversationID);

/** A user to whom 110 others have written, who is in a group, and who has one notification. */
let ann: SignedIn;
let writers: SignedIn[];
/** the id of the conversation with the first writer */
let oldest: number;

beforeAll(async () => {
  const users = await signedInUsers(WRITERS + 1);
  ann = itemAt(users, 0);
  writers = users.slice(1);
  for (const [i, writer] of writers.entries()) {
    const { id } = await openForSelf(writer, ann);
    await send(writer, id, "hi");
    if (i === 0) oldest = id;
    if (i === 60) await createGroupOfKind("public", ann, []);
  }
  await eventually(async () => {
    expect(
      (await ask(ann, { conversationID: writers.slice(-100).map((who) => `C2C${nameOf(who)}`) })).data,
    ).toHaveLength(100);
  });
});

describe("the list of conversations", () => {
  test("has every conversation once, and its unread counts add up", async () => {
    const all = await ask(ann);
    expect([all.nextCursor, all.isCompleted]).toEqual(["", true]);
    const ids = idsOf(all);
    expect(ids.filter((id) => id.startsWith("C2C")).toSorted()).toEqual(
      writers.map((who) => `C2C${nameOf(who)}`).toSorted(),
    );
    expect(new Set(ids).size).toBe(WRITERS + 2);
    const direct = all.data.filter(({ conversationID }) => conversationID.startsWith("C2C"));
    expect(direct.reduce((sum, { unreadCount }) => sum + unreadCount, 0)).toBe(WRITERS);
    expect(ids.indexOf(SYSTEM)).toBeGreaterThan(WRITERS - 70);
  });

  test.each([1_000, 100, 60, 23])("comes in parts of %i for clients that ask so", async (count) => {
    const all = idsOf(await ask(ann));
    const parts: string[][] = [];
    for (let nextCursor = ""; ; ) {
      const part = await ask(ann, { count, nextCursor });
      parts.push(idsOf(part));
      expect(part.isCompleted).toBe(part.nextCursor === "");
      if (part.isCompleted) break;
      expect(part.data).toHaveLength(Math.min(count, 100));
      ({ nextCursor } = part);
    }
    expect(parts.flat()).toEqual(all);
    expect(parts).toHaveLength(Math.ceil(all.length / Math.min(count, 100)));
  });

  test("ends a part at the notifications without losing or repeating them", async () => {
    const all = idsOf(await ask(ann));
    const place = all.indexOf(SYSTEM);
    for (const count of [place, place + 1].filter((n) => n <= 100)) {
      const first = await ask(ann, { count });
      const second = await ask(ann, { count: 100, nextCursor: first.nextCursor });
      expect([...idsOf(first), ...idsOf(second)]).toEqual(all.slice(0, count + 100));
    }
  });

  test("has pinned conversations first, also those of a later part", async () => {
    const preferences = `/v1/conversations/${oldest}/preferences`;
    const pin = (sticky: boolean) => call("PUT", preferences, { token: ann.token, body: { sticky } });
    await pin(true);
    const all = await ask(ann);
    expect([all.data[0]?.isPinned, all.data[0]?.conversationID]).toEqual([
      true,
      `C2C${nameOf(itemAt(writers, 0))}`,
    ]);
    expect(all.data).toHaveLength(WRITERS + 2);
    await pin(false);
  });

  test.each(["x", "W10", 1, null, {}, btoa("[true,1]"), btoa('["x",1,1]')])(
    "refuses the cursor %j",
    async (nextCursor) => {
      failure(await tim(ann, PATH, { nextCursor }), 70_402, "nextCursor");
    },
  );

  test("counts as a page for each hundred conversations", async () => {
    const used: string[] = [];
    const limiter = { limit: async () => ({ success: used.push("page") > 0 }) };
    const settings = { ...env, PAGE_RATE: limiter };
    success(await tim(ann, PATH, {}, { settings }));
    expect(used).toHaveLength(2);
    success(await tim(ann, PATH, { count: 1_000 }, { settings }));
    expect(used).toHaveLength(3);
    let left = 1;
    const strict = { limit: async () => ({ success: left-- > 0 }) };
    failure(await tim(ann, PATH, {}, { settings: { ...env, PAGE_RATE: strict } }), 429, "", 429);
  });

  test("is cut where it is too long, and goes on by its cursor", async () => {
    const all = idsOf(await ask(ann));
    const { ids, nextCursor } = await wholeList(ann, 100);
    const rest = await ask(ann, { count: 100, nextCursor });
    expect(ids.length + rest.data.length).toBe(all.length);
    expect(idsOf(rest)).toEqual(all.slice(ids.length));
    expect(rest.isCompleted).toBe(true);
  });

  test("is an error as a whole where D1 does not answer", async () => {
    using _lost = interceptD1(() => Promise.reject(new Error("D1_ERROR: Network connection lost.")));
    failure(await tim(ann, PATH, {}), 60_002, "", 503);
  });

  test("keeps a conversation that gets a message while the list is read", async () => {
    const answer = await exports.default.fetch(
      new Request(`https://parley.test${PATH}`, {
        method: "POST",
        headers: { token: ann.token },
        body: "{}",
      }),
    );
    const reader = z
      .instanceof(ReadableStream<Uint8Array>)
      .parse(answer.body)
      .getReader();
    const first = await reader.read();
    await send(itemAt(writers, 0), oldest, "again");
    const chunks = [first.value];
    for (let next = await reader.read(); !next.done; next = await reader.read()) chunks.push(next.value);
    const text = await new Response(new Blob(chunks.map((chunk) => chunk ?? new Uint8Array()))).text();
    const all = List.parse(JSON.parse(text));
    expect(new Set(idsOf(all)).size).toBe(WRITERS + 2);
    expect(idsOf(all)).toContain(`C2C${nameOf(itemAt(writers, 0))}`);
  });
});
