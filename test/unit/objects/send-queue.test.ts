import { runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import { MessageLog } from "../../../src/conversation/log/message-log.ts";
import { Members } from "../../../src/conversation/members/members.ts";
import type { QueuedSend, SendOutcome } from "../../../src/conversation/sending/send.ts";
import { SendQueue } from "../../../src/conversation/sending/send-queue.ts";
import { type ConversationId, Position, type UserId } from "../../../src/domain/ids.ts";
import type { Draft } from "../../../src/domain/messages/message.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { at, conversationObject, newGroup, people, range } from "../../support/objects/room.ts";

let ann: SignedIn;
let bob: SignedIn;

beforeAll(async () => {
  const registered = await people(2);
  ann = at(registered, 0);
  bob = at(registered, 1);
});

const POISON = "poison";

/** A log which throws for one body, as a full disk or a bug would. */
class FragileLog extends MessageLog {
  override insert(row: Parameters<MessageLog["insert"]>[0]): boolean {
    const inserted = super.insert(row);
    if (row.body.includes(POISON)) throw new Error("this one cannot be stored");
    return inserted;
  }
}

function draft(text: string, clientMsgId?: string): Draft {
  return { clientMsgId, kind: "text", body: JSON.stringify({ text }), quoteSeq: undefined, mentions: [] };
}

const send = (sender: UserId, text: string, clientMsgId?: string): QueuedSend<string> => ({
  senderId: sender,
  draft: draft(text, clientMsgId),
  origin: text,
});

/** The door of a conversation, over its real tables, and what it answered. */
class Door {
  readonly outcomes: SendOutcome<string>[] = [];
  readonly log: MessageLog;
  readonly members: Members;
  readonly sends: SendQueue<string>;
  broken = false;
  #wake: () => void = () => undefined;

  constructor(storage: DurableObjectStorage) {
    this.log = new FragileLog(storage.sql, 1, ({ body }) => body.length);
    this.members = new Members(storage.sql);
    const failing = new Proxy(storage, {
      get: (target, key) => {
        if (key !== "transactionSync") return Reflect.get(target, key, target);
        return <T>(work: () => T): T =>
          target.transactionSync(() => {
            const result = work();
            if (this.broken && Array.isArray(result)) throw new Error("the commit failed");
            return result;
          });
      },
    });
    this.sends = new SendQueue(
      failing,
      this.log,
      this.members,
      { store: () => undefined, apply: () => undefined },
      () => undefined,
      (outcomes) => {
        this.outcomes.push(...outcomes);
        this.#wake();
      },
    );
  }

  async answered(count: number): Promise<void> {
    while (this.outcomes.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** What became of each: its seq, or the code it was refused with. */
  get results(): [string, string | number][] {
    return this.outcomes.map(({ send: { origin }, result }) => [
      origin,
      result.ok ? result.value.row.seq : result.code,
    ]);
  }
}

async function withDoor<T>(
  work: (door: Door, storage: DurableObjectStorage, id: ConversationId) => Promise<T>,
) {
  const id = await newGroup(ann, bob);
  return runInDurableObject(conversationObject(id), (_, { storage }) => work(new Door(storage), storage, id));
}

test("a send that throws is refused alone, wherever in the batch it stands; later sends go on", () =>
  withDoor(async (door, storage) => {
    const texts = ["lead", POISON, "a", "b", `${POISON} 2`, "c", `${POISON} 3`];
    door.sends.enqueue(texts.map((text) => send(ann.user.id, text)));
    door.sends.enqueue([send(bob.user.id, "d")]);
    await door.answered(8);
    expect(door.results).toEqual([
      ["lead", 1],
      [POISON, "internal"],
      ["a", 2],
      ["b", 3],
      [`${POISON} 2`, "internal"],
      ["c", 4],
      [`${POISON} 3`, "internal"],
      ["d", 5],
    ]);
    const rows = storage.sql.exec("SELECT seq, body FROM messages ORDER BY seq").toArray();
    expect(rows.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    expect(JSON.stringify(rows)).not.toContain(POISON);
    door.sends.enqueue([send(ann.user.id, "later")]);
    await door.answered(9);
    expect(door.results.at(-1)).toEqual(["later", 6]);
    expect(door.log.last.seq).toBe(6);
  }));

test("where the whole commit fails all are answered, nothing is stored or counted, and the next goes on", () =>
  withDoor(async (door, storage) => {
    door.sends.enqueue([send(ann.user.id, "before")]);
    door.broken = true;
    door.sends.enqueue([send(ann.user.id, "x"), send(bob.user.id, "y", "same")]);
    await door.answered(3);
    expect(door.results.slice(1)).toEqual([
      ["x", "internal"],
      ["y", "internal"],
    ]);
    door.broken = false;
    expect(door.log.last.seq).toBe(1);
    expect(door.members.active(bob.user.id).read_seq).toBe(0);
    door.sends.enqueue([send(bob.user.id, "y", "same")]);
    await door.answered(4);
    expect(door.results.at(-1)).toEqual(["y", 2]);
    expect(new Members(storage.sql).active(bob.user.id)).toMatchObject({ read_seq: 2, read_n: 2 });
    expect(door.members.active(bob.user.id)).toMatchObject({ read_seq: 2, read_n: 2 });
  }));

test("more than 1,000 waiting sends are refused as rate_limited, and the others keep their order", () =>
  withDoor(async (door) => {
    door.sends.enqueue([send(ann.user.id, "lead")]);
    door.sends.enqueue(range(1, 1_010).map((i) => send(ann.user.id, `${i}`)));
    await door.answered(1_011);
    const refused = door.results.filter(([, result]) => result === "rate_limited");
    expect(refused.map(([text]) => text)).toEqual(range(1_001, 1_010).map(String));
    const stored = door.results.filter(([, result]) => result !== "rate_limited");
    expect(stored).toEqual([["lead", 1], ...range(1, 1_000).map((i) => [`${i}`, i + 1])]);
    door.sends.enqueue([send(ann.user.id, "room again")]);
    await door.answered(1_012);
    expect(door.results.at(-1)).toEqual(["room again", 1_002]);
  }));

test("more than 4 MiB of waiting sends are refused as rate_limited", () =>
  withDoor(async (door) => {
    const big = "x".repeat(32_000);
    door.sends.enqueue([send(ann.user.id, "lead")]);
    door.sends.enqueue(range(1, 150).map((i) => ({ ...send(ann.user.id, big), origin: `${i}` })));
    await door.answered(151);
    const kept = door.results.filter(([, result]) => typeof result === "number").length - 1;
    expect(kept).toBeGreaterThan(120);
    expect(kept * 32_000).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect(door.results.filter(([, result]) => result === "rate_limited").length).toBe(150 - kept);
  }));

test("created_at never decreases, also where the clock goes back", () =>
  withDoor(async (door) => {
    const ahead = Date.now() + 3_600_000;
    door.log.last = { seq: Position.parse(0), n: 0, at: ahead };
    door.sends.enqueue(range(1, 3).map((i) => send(ann.user.id, `${i}`)));
    await door.answered(3);
    const times = door.outcomes.map(({ result }) => (result.ok ? result.value.row.created_at : 0));
    expect(times).toEqual([ahead, ahead, ahead]);
  }));

test("a client id twice in one batch is stored once", () =>
  withDoor(async (door) => {
    door.sends.enqueue([send(ann.user.id, "lead"), send(ann.user.id, "x", "c"), send(ann.user.id, "y", "c")]);
    door.sends.flush();
    expect(door.results).toEqual([
      ["lead", 1],
      ["x", 2],
      ["y", 2],
    ]);
    expect(door.outcomes.map(({ result }) => result.ok && result.value.replay)).toEqual([false, false, true]);
  }));
