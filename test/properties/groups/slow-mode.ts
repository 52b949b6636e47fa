import fc from "fast-check";
import { expect } from "vitest";
import type { Room } from "../../../src/conversation/room.ts";
import { Seq, UserId } from "../../../src/domain/ids.ts";
import type { Draft } from "../../../src/domain/messages/message.ts";
import { advanceClock } from "../../support/clock.ts";
import { ANN, BOB, inIsolatedObject, isolatedRoom } from "../../support/objects/isolated-room.ts";

const OTHERS = [3, 4].map((id) => UserId.parse(id));
const USERS = [ANN, BOB, ...OTHERS];

type Event =
  | { send: { by: UserId; count: number; silent: boolean; id: number }[] }
  | { pass: number }
  | { set: number }
  | { role: "admin" | "member"; of: UserId }
  | { revoke: true }
  | { restart: true };

const sends = fc.record({
  by: fc.constantFrom(...USERS),
  count: fc.integer({ min: 1, max: 3 }),
  silent: fc.boolean(),
  // Few ids: some sends repeat others.
  id: fc.nat(30),
});

const event: fc.Arbitrary<Event> = fc.oneof(
  // Those of one event share a commit.
  { weight: 10, arbitrary: fc.record({ send: fc.array(sends, { minLength: 1, maxLength: 4 }) }) },
  { weight: 6, arbitrary: fc.record({ pass: fc.integer({ min: 1, max: 40_000 }) }) },
  { weight: 2, arbitrary: fc.record({ set: fc.constantFrom(0, 1, 5, 30, 30) }) },
  fc.record({ role: fc.constantFrom("admin", "member"), of: fc.constantFrom(BOB, ...OTHERS) }),
  fc.record({ revoke: fc.constant(true as const) }),
  { weight: 2, arbitrary: fc.record({ restart: fc.constant(true as const) }) },
);

interface Outcome {
  by: UserId;
  code: string;
}

/** A group in the storage of an object, and when each member has sent their last message. */
class Story {
  readonly #storage: DurableObjectStorage;
  #room: Room;
  readonly #last = new Map<UserId, number>();
  readonly #ids = new Set<string>();

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#room = isolatedRoom(storage);
    this.#room.joining.add(
      ANN,
      OTHERS.map((id) => ({ id, username: `${id}`, nickname: "", avatar: "" })),
    );
  }

  async apply(event: Event): Promise<void> {
    if ("send" in event) this.#send(event.send);
    else if ("pass" in event) advanceClock(event.pass);
    else if ("set" in event) this.#room.group.edit(ANN, { slowModeS: event.set });
    else if ("role" in event) this.#room.group.change(ANN, event.of, { role: event.role });
    else if ("restart" in event) this.#room = isolatedRoom(this.#storage);
    else await this.#revoke();
  }

  /** Each outcome is what the rule says, by the messages that were stored before. */
  #send(drafts: Extract<Event, { send: object }>["send"]): void {
    const pauseMs = this.#room.state.profile.slowModeS * 1_000;
    const outcomes: Outcome[] = [];
    const expected: Outcome[] = [];
    for (const { by, count, silent, id } of drafts) {
      const numbered = Array.from({ length: count }, (_, i) => draftOf(`${id + i}`, silent));
      this.#room.sends.submit(by, numbered, {
        resolve: ({ result }) => {
          const code = !result.ok ? result.code : result.value.isRepeated ? "repeated" : "sent";
          outcomes.push({ by, code });
        },
      });
      for (const { clientMsgId } of numbered)
        expected.push({ by, code: this.#rule(by, clientMsgId, silent, pauseMs) });
    }
    this.#room.flushSends();
    expect(sorted(outcomes)).toEqual(sorted(expected));
  }

  #rule(by: UserId, clientMsgId: string, silent: boolean, pauseMs: number): string {
    const key = `${by} ${clientMsgId}`;
    if (this.#ids.has(key)) return "repeated";
    const now = Date.now();
    const isPlain = this.#room.members.active(by).role === "member";
    const last = this.#last.get(by) ?? Number.NEGATIVE_INFINITY;
    if (isPlain && !silent && now - last < pauseMs) return "slow_mode";
    this.#ids.add(key);
    if (!silent) this.#last.set(by, now);
    return "sent";
  }

  async #revoke(): Promise<void> {
    const { last } = this.#room.log;
    const row = last.seq > 0 ? this.#room.log.stored(Seq.parse(last.seq)) : undefined;
    if (row && row.kind !== "tip" && row.revoked_rev === null)
      await this.#room.redaction.revoke(row.sender_id, row.seq);
  }
}

const sorted = (outcomes: Outcome[]) =>
  USERS.map((id) => outcomes.filter(({ by }) => by === id).map(({ code }) => code));

function draftOf(clientMsgId: string, silent: boolean): Draft & { clientMsgId: string } {
  const body = JSON.stringify({ text: "hi" });
  return {
    ...{ clientMsgId, kind: "text", body, quoteSeq: undefined, mentions: [] },
    ...(silent && { silent: true }),
  };
}

/** What happens in a group whose slow mode is 30 seconds at first. */
export const slowModeStory = fc.array(event, { maxLength: 60 });

/** Plays a story, and compares each outcome with the rule. The clock moves by the story alone. */
export function playSlowMode(events: Event[]): Promise<void> {
  return inIsolatedObject("group", async (storage) => {
    const story = new Story(storage);
    for (const event of [{ set: 30 }, ...events]) await story.apply(event);
  });
}
