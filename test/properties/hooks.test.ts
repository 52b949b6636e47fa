import { runDurableObjectAlarm } from "cloudflare:test";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ConversationId } from "../../src/domain/ids.ts";
import { makeServerKey } from "../support/accounts/server-keys.ts";
import { signedInUsers } from "../support/accounts/users.ts";
import { call, type SignedIn } from "../support/clients/api.ts";
import { createGroup, deleteMessage, page, send } from "../support/clients/chat.ts";
import { advanceClock } from "../support/clock.ts";
import { HookReceiver } from "../support/hooks/receiver.ts";
import { conversationObject, itemAt, loseConversation } from "../support/objects/room.ts";
import { runOptions } from "../support/property-runs.ts";
import { overrideTiming } from "../support/timing.ts";

const MINUTE_MS = 60_000;
const DAY_S = 86_400;

type Event =
  | { send: number }
  | { edit: number }
  | { revoke: number }
  | { answers: (number | "hang")[] }
  | { minutes: number }
  | { crash: true };

const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ send: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ edit: fc.nat(100) }) },
  { weight: 1, arbitrary: fc.record({ revoke: fc.nat(100) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      answers: fc.array(fc.constantFrom(204, 500, 503, 302, 410, "hang" as const), {
        minLength: 1,
        maxLength: 4,
      }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ minutes: fc.integer({ min: 1, max: 10 }) }) },
  { weight: 1, arbitrary: fc.constant({ crash: true } as const) },
);

/** A group with a hook, over about an hour of its clock. */
class Story {
  readonly #ann: SignedIn;
  readonly #key: string;
  readonly #id: ConversationId;
  readonly #receiver: HookReceiver;
  readonly #seqs: number[] = [];

  constructor(ann: SignedIn, key: string, id: ConversationId, receiver: HookReceiver) {
    this.#ann = ann;
    this.#key = key;
    this.#id = id;
    this.#receiver = receiver;
  }

  async apply(event: Event): Promise<void> {
    if ("send" in event)
      for (let i = 0; i < event.send; i++)
        this.#seqs.push((await send(this.#ann, this.#id, `message ${this.#seqs.length}`)).seq);
    if ("answers" in event) await this.#receiver.answer(...event.answers);
    if ("minutes" in event) await this.#pass(event.minutes);
    if ("crash" in event) await loseConversation(this.#id);
    const seq =
      this.#seqs[("edit" in event ? event.edit : "revoke" in event ? event.revoke : 0) % this.#seqs.length];
    if (seq === undefined) return;
    // A revoked message refuses both.
    if ("revoke" in event) await deleteMessage(this.#ann, this.#id, seq, "everyone");
    if ("edit" in event) {
      const { items } = await page(this.#ann, this.#id, "?limit=100");
      const version = items.find((message) => message.seq === seq)?.version;
      const body = { body: { text: `edited ${crypto.randomUUID()}` }, base_version: version };
      const path = `/v1/conversations/${this.#id}/messages/${seq}`;
      await call("PATCH", path, { token: this.#ann.token, body });
    }
  }

  /** Time passes, and the alarm is due. */
  async #pass(minutes: number): Promise<void> {
    advanceClock(minutes * MINUTE_MS);
    await runDurableObjectAlarm(conversationObject(this.#id));
  }

  /** @throws unless every message and the last change of each was told, in order */
  async end(): Promise<void> {
    await this.#receiver.answer();
    const token = this.#key;
    await call("PATCH", `/v1/server/hooks/${this.#receiver.id}`, { token, body: { state: "active" } });
    const { items } = await page(this.#ann, this.#id, "?limit=100");
    const changed = items.filter(({ rev }) => rev > 0).map(({ rev }) => rev);
    for (let tries = 0; tries < 20; tries++) {
      await this.#pass(2 * 60);
      const told = new Set((await this.#told()).map(({ id }) => id));
      if (
        this.#seqs.every((seq) => told.has(this.#idOf(`s${seq}`))) &&
        changed.every((rev) => told.has(this.#idOf(`r${rev}`)))
      )
        break;
    }
    const told = await this.#told();
    const created = told.filter(({ type }) => type === "message.created").map(({ data }) => data.seq);
    expect(created).toEqual(this.#seqs);
    const revs = told.filter(({ type }) => type !== "message.created").map(({ data }) => data.rev ?? 0);
    expect(revs).toEqual(revs.toSorted((one, other) => one - other));
    expect(revs).toEqual(expect.arrayContaining(changed));
  }

  async #told() {
    await this.#receiver.calls();
    return this.#receiver.until(0);
  }

  #idOf(name: string): string {
    return `evt_c${this.#id}_${name}`;
  }
}

test("whatever a receiver answers and whenever the object crashes, every event is told in order", async () => {
  overrideTiming({ hooks: { retryUnitMs: 1_000, answerMs: 20 } });
  const key = (await makeServerKey(["hooks"])).text;
  const ann = itemAt(await signedInUsers(1, 30 * DAY_S), 0);
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 10, maxLength: 25 }), async (events) => {
      const id = ConversationId.parse((await createGroup(ann, [])).id);
      const receiver = await HookReceiver.start(key, { events: ["*"], conversations: [id] });
      const story = new Story(ann, key, id, receiver);
      for (const one of events) await story.apply(one);
      await story.end();
      await call("DELETE", `/v1/server/hooks/${receiver.id}`, { token: key });
    }),
    runOptions(2, 4),
  );
});
