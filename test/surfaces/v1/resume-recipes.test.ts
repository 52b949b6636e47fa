import { beforeEach, describe, expect, test } from "vitest";
import GUIDE from "../../../docs/guides/resume.md?raw";
import { newSession } from "../../support/accounts/sessions.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { page } from "../../support/clients/chat.ts";
import { untilAcked } from "../../support/clients/device-frames.ts";
import { DEVICE_STEPS, DeviceRecipe } from "../../support/clients/recipes/device-recipe.ts";
import type { Send, Shown } from "../../support/clients/recipes/kept.ts";
import { ROOM_STEPS, RoomRecipe } from "../../support/clients/recipes/room-recipe.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { HeldConversation } from "../../support/faults/hold.ts";
import {
  createGroupId,
  expectDeleted,
  itemAt,
  loseConversation,
  postText,
  range,
  textFrame,
} from "../../support/objects/room.ts";

/** The titles of the numbered steps in a section of the guide, in order. */
function stepsOf(heading: string): string[] {
  const [, section = ""] = GUIDE.split(`\n${heading}\n`);
  const [own = ""] = section.split(/\n#{2,} /);
  const steps = [...own.matchAll(/^(\d+)\. \*\*([^*]+)\*\*/gm)];
  expect(steps.map(([, number]) => Number(number))).toEqual(range(1, steps.length));
  return steps.map(([, , title = ""]) => title);
}

test("the clients below do the steps of the guide, each of them", () => {
  expect(stepsOf("## On the device socket")).toEqual(DEVICE_STEPS);
  expect(stepsOf("## On a room socket")).toEqual(ROOM_STEPS);
});

let ann: SignedIn;
let bob: SignedIn;
/** groups of Ann and Bob */
let ids: Awaited<ReturnType<typeof createGroupId>>[];

beforeEach(async () => {
  const all = await signedInUsers(2);
  [ann, bob] = [itemAt(all, 0), itemAt(all, 1)];
  ids = [];
  for (let i = 0; i < 3; i++) ids.push(await createGroupId(ann, bob));
});

const signIn = async () => (await newSession(ann)).token;

/** Everything that Ann can read of a conversation, over HTTP. */
async function readable(id: number): Promise<Shown[]> {
  const all: Shown[] = [];
  for (let after = 0, hasMore = true; hasMore; ) {
    const { items, has_more } = await page(ann, id, `?limit=100&after=${after}`);
    all.push(...items);
    after = items.at(-1)?.seq ?? after;
    hasMore = has_more;
  }
  return all;
}

/** Bob says something, many times. */
async function chatter(count: number, id: (typeof ids)[number]): Promise<void> {
  const socket = await openRoom(id, bob.token);
  const items = range(1, count).map((n) => textFrame(`${n} of Bob's`));
  for (let i = 0; i < count; i += 64) socket.send({ type: "sends", items: items.slice(i, i + 64) });
  await untilAcked(socket, count);
  socket.close();
}

let sent = 0;
function textTo(conversationId: number, text: string): Send {
  return { conversationId, clientMsgId: `r${++sent}`, text };
}

/** A client of either socket, as the scenarios use it. */
interface Client {
  settle(holds?: () => boolean): Promise<void>;
  lose(): void;
  send(...sends: Send[]): void;
  shown(id: number): Shown[];
  ends: { code: number; reason: string }[];
  /** the conversations that it shows */
  ids: typeof ids;
}

function deviceClient(token: string): Client {
  const client = new DeviceRecipe(token, signIn);
  return Object.assign(client, { ids });
}

function roomClient(begins: "replay" | "live") {
  return (token: string): Client => {
    const id = itemAt(ids, 0);
    const client = new RoomRecipe(id, token, signIn, begins);
    return {
      settle: (holds) => client.settle(holds),
      lose: () => client.lose(),
      send: (...sends) => client.send(...sends),
      shown: () => client.shown,
      ends: client.ends,
      ids: [id],
    };
  };
}

describe.each([
  ["the device socket", deviceClient],
  ["the room socket from the start", roomClient("replay")],
  ["the room socket, live at once", roomClient("live")],
])("a client of %s that follows the recipe", (_, make) => {
  let client: Client;

  async function start(token = ann.token): Promise<void> {
    client = make(token);
    await client.settle();
  }

  /** Asserts that the client shows each conversation exactly as HTTP does. */
  async function expectComplete(): Promise<void> {
    await client.settle();
    for (const id of client.ids) expect(client.shown(id)).toEqual(await readable(id));
  }

  const newestOf = (id: number) => client.shown(id).at(-1)?.seq ?? 0;

  test("shows everything at its first start, and what comes then", async () => {
    for (const id of ids) await chatter(130, id);
    await start();
    await expectComplete();
    for (const id of client.ids) await postText(id, bob, "live");
    await client.settle(() => client.ids.every((id) => newestOf(id) === 131));
    await expectComplete();
  });

  test("shows what came while it was away: more than a page in each conversation, revokes and hides", async () => {
    for (const id of ids) await chatter(20, id);
    await start();
    client.lose();
    for (const id of ids) {
      await chatter(230, id);
      for (const seq of [3, 19, 40, 249]) await expectDeleted(id, bob, seq, "everyone");
      for (const seq of [5, 60]) await expectDeleted(id, ann, seq, "me");
    }
    await expectComplete();
    for (const id of client.ids) expect(client.shown(id)).toHaveLength(248);
  });

  test("stores each unanswered send once, in order", async () => {
    await start();
    const id = itemAt(client.ids, 0);
    const held = await HeldConversation.hold(id);
    client.send(...range(1, 5).map((n) => textTo(id, `sent ${n}`)));
    await held.until(1);
    client.lose();
    client.send(...range(6, 8).map((n) => textTo(id, `kept ${n}`)));
    held.release();
    await expectComplete();
    const texts = client.shown(id).map(({ body }) => body.text);
    expect(texts).toEqual([...range(1, 5).map((n) => `sent ${n}`), ...range(6, 8).map((n) => `kept ${n}`)]);
  });

  test("signs in again when its token has expired, and goes on with what it has", async () => {
    await chatter(10, itemAt(ids, 0));
    await start();
    client.lose();
    await chatter(10, itemAt(ids, 0));
    const ended = await newSession(ann);
    expect((await call("POST", "/v1/logout", { token: ended.token })).status).toBe(204);
    const expired = await newSession(ann, Math.floor(Date.now() / 1_000) * 1_000 - 1_000);
    for (const [{ token }, reason] of [
      [ended, "session_ended"],
      [expired, "token_expired"],
    ] as const) {
      const other = make(token);
      other.send(textTo(itemAt(other.ids, 0), `of a client with ${reason}`));
      await other.settle();
      expect(other.ends).toEqual([{ code: 4001, reason }]);
      for (const id of other.ids) expect(other.shown(id)).toEqual(await readable(id));
    }
    await expectComplete();
  });

  test("loses nothing and stores nothing twice when the conversation crashes in between", async () => {
    await start();
    const id = itemAt(client.ids, 0);
    for (const round of range(1, 5)) {
      client.send(...range(1, 10).map((n) => textTo(id, `${round}.${n}`)));
      const posted = postText(id, bob, `from Bob ${round}`).catch(() => undefined);
      await loseConversation(id);
      await posted;
    }
    await expectComplete();
    const texts = client.shown(id).flatMap(({ body, sender }) => {
      return JSON.stringify(sender).includes(`"id":${ann.user.id},`) ? [String(body.text)] : [];
    });
    const expected = range(1, 5).flatMap((round) => range(1, 10).map((n) => `${round}.${n}`));
    expect(texts.toSorted()).toEqual(expected.toSorted());
  });
});

test("a device that is away while it is added to a group, and removed from another, shows the ones it is in", async () => {
  const client = new DeviceRecipe(ann.token, signIn);
  await client.settle();
  client.lose();
  const added = await createGroupId(bob, ann);
  await chatter(3, added);
  const gone = await createGroupId(bob, ann);
  const path = `/v1/conversations/${gone}/members/${ann.user.id}`;
  expect((await call("DELETE", path, { token: bob.token })).status).toBe(204);
  await client.settle();
  expect(client.list.map(({ id }) => id).toSorted()).toEqual([...ids, added].toSorted());
  expect(client.shown(added)).toEqual(await readable(added));
  // Added while it is there.
  const live = await createGroupId(bob, ann);
  await chatter(2, live);
  await client.settle(() => client.shown(live).length === 2);
  expect(client.shown(live)).toEqual(await readable(live));
});
