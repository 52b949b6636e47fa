import { evictDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { ConversationId, UserId } from "../../../src/domain/ids.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { ask, type Caller, createGroup, list, type Named } from "../../support/clients/chat.ts";
import { HOUR, postScheduled } from "../../support/clients/scheduled.ts";
import { advanceClock } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { HookReceiver } from "../../support/hooks/receiver.ts";
import { conversationObject, itemAt } from "../../support/objects/room.ts";
import { runOptions } from "../../support/property-runs.ts";
import { pushJobs } from "../../support/push/jobs.ts";
import { PushReceiver } from "../../support/push/receiver.ts";
import { setTiming } from "../../support/timing.ts";
import { copyOf, textsSeen } from "./copies.ts";

// Each message has the rules read: a shadow is in force at once.
beforeAll(() =>
  setTiming({
    ...{ rules: { keepMs: 0, staleMs: 0 }, fanout: { cooldownMs: 1 } },
    // No push goes out: whether one is due is asked.
    push: { graceMs: 600_000, changeMs: 600_000 },
  }),
);

beforeAll(() => rules({ id: "held", match: { pattern: "held text" }, action: "hold" }));
afterAll(() => rules());

async function rules(...items: object[]): Promise<void> {
  const { text: token } = await makeServerKey(["moderate"]);
  expect((await call("PUT", "/v1/moderation/rules", { token, body: { items } })).status).toBe(200);
}

const WHAT = [
  ...["send", "send", "quote", "aside", "mention", "edit", "revoke", "hide", "read", "clear"],
  ...["shadow", "suspend", "lift", "mute", "held", "later", "for one", "add", "leave", "remove"],
] as const;

/** A call of a member, which may be refused. */
interface Step {
  what: (typeof WHAT)[number];
  who: number;
  other: number;
  seq: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  ...{
    what: fc.constantFrom(...WHAT),
    who: fc.nat(3),
    other: fc.nat(3),
    seq: fc.integer({ min: 1, max: 15 }),
  },
});

let texts = 0;

/** A group, in which somebody has a bot. */
interface Place {
  key: string;
  people: SignedIn[];
  group: number;
  bot: Caller;
}

async function botIn(group: number, owner: SignedIn): Promise<Caller> {
  const made = await call("POST", "/v1/bots", { token: owner.token, body: { nickname: "Weather" } });
  const { id, token } = MadeBot.parse(made.body);
  expect((await ask(owner, group, "POST", "/members", { user_ids: [id] })).status).toBeLessThan(300);
  return { token };
}

const MadeBot = z.looseObject({ id: z.int(), token: z.string() });

function go({ key, people, group, bot }: Place, { what, who, other, seq }: Step): Promise<unknown> {
  const [one, two] = [itemAt(people, who), itemAt(people, other)];
  const text = { kind: "text", body: { text: `text ${++texts}.` } };
  const say = (fields: object) => ask(one, group, "POST", "/messages", { ...text, ...fields });
  const path = `/v1/moderation/users/${two.user.id}/suspension`;
  switch (what) {
    case "send":
      return say({});
    case "quote":
      return say({ quote_seq: seq });
    case "aside":
      return say({ thread: { root: seq, also_in_main: other % 2 === 0 } });
    case "mention":
      return say({ mentions: other === 0 ? "all" : [two.user.id] });
    case "edit":
      return ask(one, group, "PATCH", `/messages/${seq}`, { body: text.body, base_version: 1 });
    case "revoke":
      return ask(one, group, "DELETE", `/messages/${seq}?for=everyone`);
    case "hide":
      return ask(one, group, "DELETE", `/messages/${seq}?for=me`);
    case "read":
      return ask(one, group, "PUT", "/read", { seq });
    case "clear":
      return ask(one, group, "DELETE", "?history=true");
    case "shadow":
      return call("PUT", path, { token: key, body: { shadow: true, reason: "spam" } });
    case "suspend":
      return call("PUT", path, { token: key, body: { reason: "spam" } });
    case "lift":
      return call("DELETE", path, { token: key });
    case "mute":
      return ask(one, group, "PATCH", `/members/${two.user.id}`, { muted_for_s: 86_400 });
    case "held":
      return say({ body: { text: `held text ${++texts}.` } });
    case "later":
      return postScheduled(one, group, { ...text, send_at: Date.now() + HOUR });
    case "for one":
      return ask(bot, group, "POST", "/messages", { ...text, only_for: two.user.id });
    case "add":
      return ask(one, group, "POST", "/members", { user_ids: [two.user.id] });
    case "leave":
      return ask(one, group, "POST", "/leave");
    case "remove":
      return ask(one, group, "DELETE", `/members/${two.user.id}`);
  }
}

/** What somebody sees; nothing if they were never in the conversation. */
const seenBy = (who: { user: { id: number } }, id: number): Promise<string[]> =>
  textsSeen(who, id).catch(() => []);

/** What a former or present member is told of what they have read. */
async function countsOf(people: readonly { user: { id: number } }[], id: number) {
  const conversation = conversationObject(ConversationId.parse(id));
  const updates = people.map(async ({ user }) => {
    const found = await conversation.snapshot({ userId: UserId.parse(user.id) });
    if (!found.ok) return null;
    const { update } = found.value;
    const { lastCount, readCount, readSeq, readAt, unreadFrom, mentioned, threadsUnread } = update;
    return { unread: lastCount - readCount, readSeq, readAt, unreadFrom, mentioned, threadsUnread };
  });
  return Promise.all(updates);
}

/** Whether somebody writes: who has left may not. */
async function writtenBy(members: Caller[], id: number): Promise<boolean> {
  const body = { kind: "text", body: { text: "written here" } };
  for (const who of members) if ((await ask(who, id, "POST", "/messages", body)).status === 201) return true;
  return false;
}

/** Waits until the list of a member is what their conversation says; of who is none, for nothing. */
async function settled(who: Caller, id: number): Promise<void> {
  await eventually(async () => {
    const fresh = await ask(who, id, "GET", "");
    if (fresh.status !== 200) return;
    const found = (await list(who, "?limit=100")).items.find((item) => item.id === id);
    expect(found).toMatchObject(Counted.parse(fresh.body));
  });
}

/** What a list says of a conversation, of which it shows less: no quote of the last message. */
const Counted = z.object({ unread_count: z.int(), last_message: z.object({ seq: z.int() }).nullable() });

/** Members of a copy with a push device each, and a hook of the backend: whom nobody tells of imports. */
async function listeners(key: string, members: (Caller & Named)[], id: number): Promise<() => Promise<void>> {
  const receiver = await HookReceiver.start(key, { events: ["*"], conversations: [id] });
  for (const who of members) {
    await settled(who, id);
    if (who.token !== "") await (await PushReceiver.start()).register(who);
  }
  return async () => {
    // Of the backend: each member may be muted, suspended or in the shadow.
    const notice = { as: null, kind: "system", body: { text: "the mark" } };
    const path = `/v1/server/conversations/${id}/messages`;
    const { status } = await call("POST", path, { token: key, body: notice });
    // All have left: the group is dissolved.
    if (status === 409) return;
    expect(status).toBe(201);
    const told = await receiver.until(1);
    expect(told.map(({ data }) => data.message?.body.text).filter((text) => text?.includes("text "))).toEqual(
      [],
    );
  };
}

const MARK = { kind: "text", body: { text: "the mark" } };

test("nobody sees more in a copy than before, in a later one neither, and live counts stay", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 15, maxLength: 30 }),
      fc.array(step, { minLength: 5, maxLength: 15 }),
      fc.boolean(),
      async (early, late, isUsed) => {
        // The exports of one key are limited.
        const { text: key } = await makeServerKey([
          ...(["data", "conversations", "tokens", "users", "moderate", "hooks", "messages"] as const),
        ]);
        const people = await signedInUsers(4);
        const group = (await createGroup(itemAt(people, 0), [itemAt(people, 1), itemAt(people, 2)])).id;
        const place = { key, people, group, bot: await botIn(group, itemAt(people, 0)) };
        for (const one of early) await go(place, one);
        const copy = await copyOf(key, group);
        const expectNoMore = async () => {
          for (const who of people) {
            const there = await copy.of(who).catch(() => null);
            const after = there ? await seenBy(there, copy.id) : [];
            const before = await seenBy(who, group);
            const own = after.filter((text) => text.includes("text "));
            expect(own.filter((text) => !before.includes(text))).toEqual([]);
          }
        };
        await expectNoMore();
        const members = await Promise.all(people.slice(0, 3).map((who) => copy.of(who)));
        const isWritten = isUsed && (await writtenBy(members, copy.id));
        for (const one of late) await go(place, one);
        const records = await copy.exported();
        // A message that was unread and is revoked is unread no more, as with a revoke here.
        const isRevoked = late.some(({ what }) => what === "revoke");
        const counts = async () => {
          const all = await countsOf(members, copy.id);
          return isRevoked ? all.map((one) => one && { readSeq: one.readSeq, readAt: one.readAt }) : all;
        };
        const before = await counts();
        const expectUntold = await listeners(key, members, copy.id);
        const messages = records.filter(({ type }) => type === "message" || type === "user");
        await copy.lost(messages);
        await copy.again(messages);
        if (isWritten) {
          expect(await counts()).toEqual(before);
          await evictDurableObject(conversationObject(ConversationId.parse(copy.id)));
          expect(await counts()).toEqual(before);
        }
        await copy.lost(records);
        await copy.again(records);
        for (const who of members) {
          await settled(who, copy.id);
          expect(await pushJobs(who), "what is imported is pushed to nobody").toBe(0);
        }
        await expectNoMore();
        await expectUntold();
        for (const { user } of people)
          await call("DELETE", `/v1/moderation/users/${user.id}/suspension`, { token: key });
      },
    ),
    runOptions(4),
  );
});

test("who is suspended or in the shadow is so in a copy, from its beginning", async () => {
  const { text: key } = await makeServerKey([
    ...(["data", "conversations", "tokens", "users", "moderate"] as const),
  ]);
  const [ann, bob, cid, dan] = await registerUsers(4);
  const { id } = await createGroup(ann, [bob, cid, dan]);
  const until = Date.now() + 2 * HOUR;
  const suspend = ({ user }: SignedIn, body: object) =>
    call("PUT", `/v1/moderation/users/${user.id}/suspension`, { token: key, body });
  await suspend(bob, { reason: "spam", until });
  await suspend(cid, { shadow: true });
  await suspend(dan, { until: Date.now() + HOUR });
  // A suspension that is over is none.
  advanceClock(HOUR + 1);
  const copy = await copyOf(key, id);
  const suspensionOf = async ({ user }: SignedIn) => {
    const own = copy.records.find(
      (record) => record.type === "user" && record.user.external_id.includes(`:u${user.id}-`),
    );
    const ref = own?.type === "user" ? `ext:${own.user.external_id}` : "";
    const path = `/v1/server/users/${encodeURIComponent(ref)}`;
    return z.looseObject({ suspension: z.unknown() }).parse((await call("GET", path, { token: key })).body)
      .suspension;
  };
  expect(await Promise.all([ann, bob, cid, dan].map(suspensionOf))).toEqual([
    null,
    { until, reason: "spam", shadow: false },
    { until: null, reason: "", shadow: true },
    null,
  ]);
  // Nobody else hears the one in the shadow there.
  await ask(await copy.of(cid), copy.id, "POST", "/messages", MARK);
  expect(await textsSeen(await copy.of(ann), copy.id)).toEqual([]);
  const own = String((await call("GET", "/v1/me/export", { token: cid.token })).body);
  expect(own).toContain("external_id");
  expect(own).not.toContain("suspension");
});
