import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { makeServerKey } from "../support/accounts/server-keys.ts";
import { signedInUsers } from "../support/accounts/users.ts";
import { call, type SignedIn } from "../support/clients/api.ts";
import {
  ask,
  createGroup,
  deleteMessage,
  getConversation,
  listedConversation,
  page,
  send,
} from "../support/clients/chat.ts";
import { aside } from "../support/clients/threads.ts";
import { itemAt } from "../support/objects/room.ts";
import { runOptions } from "../support/property-runs.ts";
import { age, expire, keep } from "../support/retention/expire.ts";
import { setNoRateLimits } from "../support/settings.ts";
import { setTiming } from "../support/timing.ts";

const STORY_MS = 60_000;
const FEW = runOptions(1, 3);

let key = "";
let users: SignedIn[];

beforeAll(setNoRateLimits);
beforeAll(async () => {
  setTiming({ fanout: { cooldownMs: 1 }, indexing: { idleMs: 1 } });
  key = (await makeServerKey(["conversations"])).text;
  users = await signedInUsers(3);
});

/** A message of the model. Its time is in days before now. */
interface Model {
  seq: number;
  by: number;
  text: string;
  isRevoked: boolean;
  isInMain: boolean;
  hiddenFrom: Set<number>;
  age: number;
}

const who = fc.integer({ min: 0, max: 2 });
/** Which of the messages, as a part of all. */
const which = fc.double({ min: 0, max: 0.999, noNaN: true });
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant("send" as const), who }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("aside" as const), who, which }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("react" as const), who, which }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("revoke" as const), which }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("hide" as const), who, which }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("read" as const), who, which }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant("pass" as const), days: fc.integer({ min: 1, max: 6 }) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

const TERM = 10;

/** A conversation and what it must be. */
class World {
  readonly #id: number;
  readonly #messages: Model[] = [];
  readonly #readSeq = [0, 0, 0];

  constructor(id: number) {
    this.#id = id;
  }

  /** The messages that have not expired. */
  get #kept(): Model[] {
    return this.#messages.filter((one) => one.age <= TERM);
  }

  async step(one: Step): Promise<void> {
    if (one.type === "send") return this.#send(one.who, `word ${this.#messages.length}`);
    if (one.type === "pass") return this.#pass(one.days);
    const kept = this.#kept;
    const message = kept[Math.floor(one.which * kept.length)];
    if (!message) return;
    const { seq } = message;
    if (one.type === "revoke") {
      if (message.isRevoked) return;
      expect((await deleteMessage(this.#user(message.by), this.#id, seq, "everyone")).status).toBe(204);
      message.isRevoked = true;
      return;
    }
    const isSeen = !message.hiddenFrom.has(one.who);
    if (one.type === "aside") {
      if (!isSeen || message.isRevoked || !message.isInMain) return;
      await this.#send(one.who, aside(seq, `word ${this.#messages.length}`));
    } else if (one.type === "react") {
      if (!isSeen || message.isRevoked) return;
      const path = `/messages/${seq}/reactions/${encodeURIComponent("❤")}`;
      expect((await ask(this.#user(one.who), this.#id, "PUT", path)).status).toBe(200);
    } else if (one.type === "hide") {
      if (!isSeen) return;
      expect((await deleteMessage(this.#user(one.who), this.#id, seq, "me")).status).toBe(204);
      message.hiddenFrom.add(one.who);
    } else {
      expect((await ask(this.#user(one.who), this.#id, "PUT", "/read", { seq })).status).toBe(200);
      this.#readSeq[one.who] = Math.max(this.#readSeq[one.who] ?? 0, seq);
    }
  }

  async #send(by: number, what: string | ReturnType<typeof aside>): Promise<void> {
    const { seq } = await send(this.#user(by), this.#id, what);
    // No number is given twice, and none is left out.
    expect(seq).toBe(this.#messages.length + 1);
    const isInMain = typeof what === "string";
    const text = isInMain ? what : what.body.text;
    this.#messages.push({ seq, by, text, isInMain, isRevoked: false, hiddenFrom: new Set(), age: 0 });
    if (isInMain) this.#readSeq[by] = seq;
  }

  async #pass(days: number): Promise<void> {
    await age(this.#id, days);
    for (const one of this.#messages) one.age += days;
    await expire(this.#id);
    // A part of a day is over besides.
    for (const one of this.#messages) if (one.age === TERM) one.age += 0.1;
    for (const i of [0, 1, 2]) await this.#check(i);
  }

  /** Compares what a member is shown with the model. */
  async #check(i: number): Promise<void> {
    const user = this.#user(i);
    const shown = this.#kept.filter(({ hiddenFrom }) => !hiddenFrom.has(i));
    const { items } = await page(user, this.#id, "?limit=100&threads=all");
    expect(items.map(({ seq, revoked }) => [seq, revoked])).toEqual(
      shown.map(({ seq, isRevoked }) => [seq, isRevoked]),
    );
    const unread = this.#kept.filter(
      ({ seq, by, isRevoked, isInMain }) =>
        isInMain && !isRevoked && by !== i && seq > (this.#readSeq[i] ?? 0),
    );
    expect(await getConversation(user, this.#id)).toMatchObject({ unread_count: unread.length });
    const first = this.#kept[0]?.seq ?? this.#messages.length + 1;
    const listed = await listedConversation(user, this.#id);
    expect(listed).toMatchObject({
      unread_count: unread.length,
      last_message: shown.filter(({ isInMain }) => isInMain).at(-1) ? expect.anything() : null,
      ...(first > 1 && { history_from: first }),
    });
    const found = await call("GET", `/v1/conversations/${this.#id}/messages/search?q=word`, user);
    const seqs = shown.filter(({ isRevoked }) => !isRevoked).map(({ seq }) => seq);
    expect(found.body).toMatchObject({
      items: seqs
        .slice(-50)
        .reverse()
        .map((seq) => ({ seq })),
    });
  }

  #user(i: number): SignedIn {
    return itemAt(users, i);
  }
}

test("after any story everybody sees what has not expired, and nothing else, and counts are right", {
  timeout: FEW.numRuns * STORY_MS,
}, async () => {
  const property = fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 40 }), async (steps) => {
    const { id } = await createGroup(itemAt(users, 0), users.slice(1));
    expect((await keep(key, id, "group", { retention_days: TERM })).status).toBe(200);
    const world = new World(id);
    for (const one of [...steps, { type: "pass", days: 3 } as const]) await world.step(one);
  });
  await fc.assert(property, { ...FEW, timeout: STORY_MS });
});
