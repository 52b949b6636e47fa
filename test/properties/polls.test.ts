import fc from "fast-check";
import { expect, test } from "vitest";
import type { Room } from "../../src/conversation/room.ts";
import { CoreError } from "../../src/domain/errors.ts";
import { Seq, UserId } from "../../src/domain/ids.ts";
import { pollText } from "../../src/domain/messages/polls.ts";
import { ANN, BOB, inIsolatedObject, isolatedRoom } from "../support/objects/isolated-room.ts";
import { itemAt } from "../support/objects/room.ts";
import { runOptions } from "../support/property-runs.ts";

const OTHERS = [3, 4, 5].map((id) => UserId.parse(id));
const USERS = [ANN, BOB, ...OTHERS];
const OPTIONS = ["a", "b", "c", "d"];

const chooses = fc.nat(1_000);
const user = fc.constantFrom(...USERS);

type Event =
  | { send: { multiple: boolean; anonymous: boolean } }
  | { vote: number; by: UserId; options: number[] }
  | { close: number }
  | { revoke: number }
  | { forget: UserId }
  | { restart: true };

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ send: fc.record({ multiple: fc.boolean(), anonymous: fc.boolean() }) }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      vote: chooses,
      by: user,
      // Also an index too many, the same index twice, and none.
      options: fc.array(fc.nat(OPTIONS.length), { maxLength: 4 }),
    }),
  },
  fc.record({ close: chooses }),
  fc.record({ revoke: chooses }),
  fc.record({ forget: user }),
  fc.constant({ restart: true } as const),
);

interface Expected {
  seq: Seq;
  multiple: boolean;
  state: "open" | "closed" | "revoked";
  votes: Map<UserId, number[]>;
}

/** A group in the storage of an object, and what its polls should show. */
class Story {
  readonly #storage: DurableObjectStorage;
  #room: Room;
  readonly #polls: Expected[] = [];

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#room = isolatedRoom(storage);
    const people = OTHERS.map((id) => ({ id, username: `${id}`, nickname: "", avatar: "" }));
    this.#room.joining.add(ANN, people);
  }

  async apply(event: Event): Promise<void> {
    if ("send" in event) return this.#send(event.send);
    if ("restart" in event) {
      this.#room = isolatedRoom(this.#storage);
      return;
    }
    if ("forget" in event) {
      this.#room.polls.forget(event.forget);
      for (const { votes } of this.#polls) votes.delete(event.forget);
      return;
    }
    const [number] = Object.values(event);
    if (this.#polls.length === 0 || typeof number !== "number") return;
    const poll = itemAt(this.#polls, number % this.#polls.length);
    if ("vote" in event) await this.#vote(poll, event.by, event.options);
    else if ("close" in event) this.#close(poll);
    else await this.#revoke(poll);
  }

  #send({ multiple, anonymous }: { multiple: boolean; anonymous: boolean }): void {
    const body = { question: "?", options: OPTIONS, multiple, anonymous, ends_at: 0 };
    const { kind, body: text } = pollText(body);
    const draft = { clientMsgId: undefined, kind, body: JSON.stringify(text), poll: body };
    this.#room.sends.submit(BOB, [{ ...draft, quoteSeq: undefined, mentions: [] }], {
      resolve: () => undefined,
    });
    this.#room.flushSends();
    this.#polls.push({ seq: Seq.parse(this.#room.log.last.seq), multiple, state: "open", votes: new Map() });
  }

  async #vote(poll: Expected, by: UserId, options: number[]): Promise<void> {
    const chosen = [...new Set(options)].sort();
    const isValid =
      chosen.every((option) => option < OPTIONS.length) && (poll.multiple || chosen.length <= 1);
    const refusal = await this.#refusal(() => this.#room.polls.vote({ userId: by, seq: poll.seq, options }));
    if (poll.state === "revoked" || !isValid) expect(refusal).toBe("validation_failed");
    else if (poll.state === "closed") expect(refusal).toBe("conflict");
    else {
      expect(refusal).toBeUndefined();
      poll.votes.set(by, chosen);
    }
  }

  async #refusal(work: () => Promise<unknown>): Promise<string | undefined> {
    try {
      await work();
      return undefined;
    } catch (error) {
      if (error instanceof CoreError) return error.code;
      throw error;
    }
  }

  #close(poll: Expected): void {
    if (poll.state === "revoked") return;
    this.#room.polls.close(ANN, poll.seq);
    poll.state = "closed";
  }

  async #revoke(poll: Expected): Promise<void> {
    await this.#room.redaction.revoke(BOB, poll.seq);
    poll.state = "revoked";
    poll.votes.clear();
  }

  /** Compares what every user sees, and the table of votes, with the model. */
  check(): void {
    for (const { seq, state, votes } of this.#polls) {
      const chosen = [...votes].filter(([, options]) => options.length > 0);
      const counts = OPTIONS.map((_, i) => chosen.filter(([, options]) => options.includes(i)).length);
      const tally = { counts, voters: chosen.length, closedAt: state === "closed" ? expect.any(Number) : 0 };
      for (const id of USERS) {
        const row = this.#room.log.get(seq);
        if (!row) throw new Error("a poll that was sent is stored");
        const [message] = this.#room.renderer.render([row], this.#room.members.active(id));
        expect(message?.poll?.tally).toEqual(state === "revoked" ? undefined : tally);
        // A revoke takes the votes: the model has none of it.
        expect(message?.votes).toEqual(votes.get(id) ?? []);
      }
      const count = "SELECT count(*) AS count FROM votes WHERE seq = ? AND option = ?";
      const stored = OPTIONS.map(
        (_, i) => this.#storage.sql.exec<{ count: number }>(count, seq, i).one().count,
      );
      expect(stored).toEqual(counts);
    }
  }
}

test("the tally of each poll is that of the votes, whatever happens", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 60 }), (events) =>
      inIsolatedObject("group", async (storage) => {
        const story = new Story(storage);
        for (const event of events) {
          await story.apply(event);
          story.check();
        }
      }),
    ),
    runOptions(12),
  );
}, 60_000);
