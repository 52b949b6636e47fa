import { runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, test, vi } from "vitest";
import { MessageLog } from "../../../../src/conversation/log/message-log.ts";
import { RecentRows } from "../../../../src/conversation/log/recent-rows.ts";
import { type MessageRow, NO_THREAD } from "../../../../src/conversation/log/row.ts";
import { Composers } from "../../../../src/conversation/members/composers.ts";
import { Members } from "../../../../src/conversation/members/members.ts";
import type { QueuedSend, SendOutcome } from "../../../../src/conversation/sending/send.ts";
import { SendQueue } from "../../../../src/conversation/sending/send-queue.ts";
import type { Transaction } from "../../../../src/conversation/state/transaction.ts";
import { type ConversationId, Position, Seq, type UserId } from "../../../../src/domain/ids.ts";
import type { Draft } from "../../../../src/domain/messages/message.ts";
import { registerUsers, type SignedIn } from "../../../support/clients/api.ts";
import { nextTurn } from "../../../support/event-loop.ts";
import { noArchives } from "../../../support/objects/isolated-room.ts";
import { conversationObject, createGroupId, itemAt, range } from "../../../support/objects/room.ts";

let ann: SignedIn;
let bob: SignedIn;

beforeAll(async () => {
  const registered = await registerUsers(2);
  ann = itemAt(registered, 0);
  bob = itemAt(registered, 1);
});

/** The queue of a conversation in which nobody answers in threads. */
const NO_THREADS = {
  refusal: () => undefined,
  columns: () => NO_THREAD,
  addReply: () => undefined,
  rootsChanged: () => undefined,
};

/** Whether this is the result of the transaction of a commit, and not that of a savepoint. */
const isOutermost = (result: unknown) =>
  typeof result === "object" && result !== null && "outcomes" in result;

const POISON = "poison";

/** A log that throws after it has stored, for one body or always, as a bug would. */
class FragileLog extends MessageLog {
  broken = false;

  override append(tx: Transaction, row: MessageRow): boolean {
    const isStored = super.append(tx, row);
    this.#check(row);
    return isStored;
  }

  override appendAll(tx: Transaction, rows: readonly MessageRow[]): boolean {
    const areStored = super.appendAll(tx, rows);
    rows.forEach(this.#check);
    return areStored;
  }

  readonly #check = ({ body }: { body: string }) => {
    if (this.broken || body.includes(POISON)) throw new Error("this one cannot be stored");
  };
}

function draft(text: string, clientMsgId?: string): Draft {
  return { clientMsgId, kind: "text", body: JSON.stringify({ text }), quoteSeq: undefined, mentions: [] };
}

const send = (sender: UserId, text: string, clientMsgId?: string): QueuedSend<string> => ({
  senderId: sender,
  draft: draft(text, clientMsgId),
  origin: text,
});

/** Members whose read positions cannot be stored while it is broken. */
class FragileMembers extends Members {
  broken = false;

  override moveSenders(...moved: Parameters<Members["moveSenders"]>): void {
    if (this.broken) throw new Error("the positions cannot be stored");
    super.moveSenders(...moved);
  }
}

/** The send queue of a conversation over real tables, and its outcomes. */
class QueueHarness {
  readonly outcomes: SendOutcome<string>[] = [];
  /** the sends of each commit */
  readonly commits: string[][] = [];
  readonly log: FragileLog;
  readonly members: FragileMembers;
  readonly sends: SendQueue<string>;
  broken = false;
  #wake: () => void = () => undefined;

  constructor(storage: DurableObjectStorage) {
    const floor = () => Position.parse(0);
    const recent = new RecentRows(storage.sql);
    const sizeOf = ({ body }: MessageRow) => body.length;
    this.log = new FragileLog(storage.sql, noArchives(storage), recent, 1, sizeOf, floor);
    this.members = new FragileMembers(storage.sql);
    const failing = new Proxy(storage, {
      get: (target, key) => {
        if (key !== "transactionSync") return Reflect.get(target, key, target);
        return <T>(work: () => T): T =>
          target.transactionSync(() => {
            const result = work();
            if (this.broken && isOutermost(result)) throw new Error("the commit failed");
            return result;
          });
      },
    });
    this.sends = new SendQueue({
      ...{ storage: failing, log: this.log, members: this.members, threads: NO_THREADS },
      composers: new Composers(storage.sql, this.members),
      space: { look: () => undefined },
      storePeople: () => undefined,
      checkPermission: () => undefined,
      checkIncomingHook: () => undefined,
      slowMode: { refusal: () => undefined, sent: () => undefined },
      arrivals: {
        ...{ coming: () => [], find: () => null, isNamed: () => false },
        ...{ refusal: () => undefined, join: () => undefined, joinNamed: () => undefined },
      },
      onOutcomes: (outcomes) => {
        this.outcomes.push(...outcomes);
        this.commits.push(outcomes.map(({ send: { origin } }) => origin));
        this.#wake();
      },
    });
  }

  async answered(count: number): Promise<void> {
    while (this.outcomes.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The outcome of each send: its seq, or the code of its refusal. */
  get results(): [string, string | number][] {
    return this.outcomes.map(({ send: { origin }, result }) => [
      origin,
      result.ok ? result.value.row.seq : result.code,
    ]);
  }
}

async function withQueue<T>(
  work: (queue: QueueHarness, storage: DurableObjectStorage, id: ConversationId) => Promise<T>,
) {
  const id = await createGroupId(ann, bob);
  return runInDurableObject(conversationObject(id), (_, { storage }) =>
    work(new QueueHarness(storage), storage, id),
  );
}

test("a send that throws is refused alone, at any place of the batch, and later sends go on", () =>
  withQueue(async (queue, storage) => {
    const texts = ["lead", POISON, "a", "b", `${POISON} 2`, "c", `${POISON} 3`];
    queue.sends.enqueue(texts.map((text) => send(ann.user.id, text)));
    queue.sends.enqueue([send(bob.user.id, "d")]);
    await queue.answered(8);
    expect(queue.results).toEqual([
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
    queue.sends.enqueue([send(ann.user.id, "later")]);
    await queue.answered(9);
    expect(queue.results.at(-1)).toEqual(["later", 6]);
    expect(queue.log.last.seq).toBe(6);
  }));

test.each([
  {
    kind: "of one statement",
    before: 1,
    setBroken: ({ log }: QueueHarness, to: boolean) => (log.broken = to),
  },
  {
    kind: "of two statements, the second of which stores the read positions,",
    before: 62,
    setBroken: ({ members }: QueueHarness, to: boolean) => (members.broken = to),
  },
  {
    kind: "that stores other messages than plain ones, and the read positions,",
    before: 62,
    setBroken: (queue: QueueHarness, to: boolean) => (queue.broken = to),
    rendered: { people: [], bytes: 0 },
  },
])(
  "a failed commit $kind answers all sends, stores and counts nothing, and the next commit succeeds",
  ({ before, setBroken, rendered }) =>
    withQueue(async (queue, storage) => {
      queue.sends.enqueue(range(1, before).map((i) => send(ann.user.id, `${i}`)));
      setBroken(queue, true);
      const failing = [send(ann.user.id, "x"), send(bob.user.id, "y", "same")];
      queue.sends.enqueue(failing.map((one) => ({ ...one, draft: { ...one.draft, rendered } })));
      await queue.answered(before + 2);
      expect(queue.results.slice(before)).toEqual([
        ["x", "internal"],
        ["y", "internal"],
      ]);
      setBroken(queue, false);
      expect(queue.log.last.seq).toBe(before);
      expect(queue.members.active(bob.user.id).read_seq).toBe(0);
      queue.sends.enqueue([send(bob.user.id, "y", "same")]);
      await queue.answered(before + 3);
      expect(queue.results.at(-1)).toEqual(["y", before + 1]);
      const position = { read_seq: before + 1, read_n: before + 1 };
      expect(new Members(storage.sql).active(bob.user.id)).toMatchObject(position);
      expect(queue.members.active(bob.user.id)).toMatchObject(position);
    }),
);

test("a start finds the read positions of senders, which commits store only at each 64th message", () =>
  withQueue(async (queue, { sql }) => {
    const ids = [ann.user.id, bob.user.id];
    const inRows = () => sql.exec("SELECT max(read_seq) AS seq FROM members").one().seq;
    const stored = new Set<unknown>([inRows()]);
    for (let sent = 0; sent < 200; sent += (sent % 5) + 1) {
      const batch = range(sent + 1, sent + (sent % 5) + 1);
      queue.sends.enqueue(batch.map((nth) => send(itemAt(ids, nth % 3 === 0 ? 1 : 0), `${nth}`)));
      await queue.answered(sent + batch.length);
      stored.add(inRows());
      const restarted = new Members(sql);
      for (const id of ids) expect(restarted.active(id)).toEqual(queue.members.active(id));
    }
    expect(stored.size).toBe(4);
  }));

test("sends that come one by one have few turns behind them, and those that come together share a commit again", () =>
  withQueue(async (queue) => {
    using timers = vi.spyOn(globalThis, "setTimeout");
    let turns = 0;
    const alone = range(1, 64).map((i) => `alone ${i}`);
    for (const [i, text] of alone.entries()) {
      // Other objects have timers of their own.
      timers.mockClear();
      queue.sends.enqueue([send(ann.user.id, text)]);
      turns += timers.mock.calls.length;
      expect(queue.commits.at(-1)).toEqual([text]);
      if (i === 15) expect(turns).toBe(16);
      await nextTurn(1);
    }
    expect(turns).toBe(16 + 3);
    const together = range(1, 40).map((i) => `together ${i}`);
    for (const text of together) queue.sends.enqueue([send(bob.user.id, text)]);
    await queue.answered(alone.length + together.length);
    const commits = queue.commits.slice(alone.length);
    expect(commits.map(({ length }) => length)).toEqual([...Array(16).fill(1), 24]);
    // From now on a turn follows each commit again.
    queue.sends.enqueue([send(ann.user.id, "later")]);
    for (const text of ["and", "more"]) queue.sends.enqueue([send(ann.user.id, text)]);
    await queue.answered(alone.length + together.length + 3);
    expect(queue.results).toEqual(
      [...alone, ...together, "later", "and", "more"].map((text, i) => [text, i + 1]),
    );
    expect(queue.commits.length - alone.length - commits.length).toBeLessThan(3);
  }));

test("more than 1,000 waiting sends are refused as rate_limited, and the others keep their order", () =>
  withQueue(async (queue) => {
    queue.sends.enqueue([send(ann.user.id, "lead")]);
    queue.sends.enqueue(range(1, 1_010).map((i) => send(ann.user.id, `${i}`)));
    await queue.answered(1_011);
    const refused = queue.results.filter(([, result]) => result === "rate_limited");
    expect(refused.map(([text]) => text)).toEqual(range(1_001, 1_010).map(String));
    const stored = queue.results.filter(([, result]) => result !== "rate_limited");
    expect(stored).toEqual([["lead", 1], ...range(1, 1_000).map((i) => [`${i}`, i + 1])]);
    queue.sends.enqueue([send(ann.user.id, "room again")]);
    await queue.answered(1_012);
    expect(queue.results.at(-1)).toEqual(["room again", 1_002]);
  }));

test("what one user has waiting leaves room for the others", () =>
  withQueue(async (queue) => {
    queue.sends.enqueue([send(ann.user.id, "lead")]);
    queue.sends.enqueue(range(1, 1_010).map((i) => send(ann.user.id, `${i}`)));
    queue.sends.enqueue([send(bob.user.id, "me too")]);
    await queue.answered(1_012);
    expect(queue.results.find(([text]) => text === "me too")).toEqual(["me too", 1_002]);
  }));

test("more than 4 MiB of waiting sends are refused as rate_limited", () =>
  withQueue(async (queue) => {
    const big = "x".repeat(32_000);
    queue.sends.enqueue([send(ann.user.id, "lead")]);
    queue.sends.enqueue(range(1, 150).map((i) => ({ ...send(ann.user.id, big), origin: `${i}` })));
    await queue.answered(151);
    const kept = queue.results.filter(([, result]) => typeof result === "number").length - 1;
    expect(kept).toBeGreaterThan(120);
    expect(kept * 32_000).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect(queue.results.filter(([, result]) => result === "rate_limited").length).toBe(150 - kept);
  }));

test("created_at never decreases, even if the clock goes back", () =>
  withQueue(async (queue) => {
    const ahead = Date.now() + 3_600_000;
    queue.log.last = { seq: Position.parse(0), n: 0, at: ahead };
    queue.sends.enqueue(range(1, 3).map((i) => send(ann.user.id, `${i}`)));
    await queue.answered(3);
    const times = queue.outcomes.map(({ result }) => (result.ok ? result.value.row.created_at : 0));
    expect(times).toEqual([ahead, ahead, ahead]);
  }));

test("messages of one commit are stored as they are sent, with and without client ids", () =>
  withQueue(async (queue, storage) => {
    const texts = ["plain", `"quoted" \\ and 'so'`, "线 👩‍👩‍👧 \u0000?", "[1,2]", "null"];
    queue.sends.enqueue(
      texts.map((text, i) => send(ann.user.id, text, i % 2 === 0 ? `"${text}` : undefined)),
    );
    expect(queue.results).toEqual(texts.map((text, i) => [text, i + 1]));
    const rows = queue.outcomes.flatMap(({ result }) => (result.ok ? result.value.row : []));
    expect(storage.sql.exec("SELECT * FROM messages ORDER BY seq").toArray()).toEqual(rows);
    expect(rows.map(({ body }) => body)).toEqual(texts.map((text) => JSON.stringify({ text })));
  }));

test("a repeat within a commit leaves no gap, and gives the first message", () =>
  withQueue(async (queue, storage) => {
    queue.sends.enqueue([send(ann.user.id, "first", "a"), send(ann.user.id, "second", "b")]);
    queue.sends.enqueue(["c", "a", "d", "b", "d"].map((id) => send(ann.user.id, id, id)));
    await queue.answered(7);
    const seqs = [1, 2, 3, 1, 4, 2, 4];
    expect(queue.results.map(([, seq]) => seq)).toEqual(seqs);
    const query = "SELECT seq, n, client_msg_id FROM messages ORDER BY seq";
    const stored = [...storage.sql.exec(query).raw()];
    expect(stored).toEqual(["a", "b", "c", "d"].map((id, i) => [i + 1, i + 1, id]));
  }));

test("a refused send of a commit keeps none of the others back", () =>
  withQueue(async (queue) => {
    const sends = ["a", "b", "c"].map((text) => send(ann.user.id, text));
    const quoting = { ...draft("d"), quoteSeq: Seq.parse(4) };
    queue.sends.enqueue([...sends, { ...send(ann.user.id, "d"), draft: quoting }, send(bob.user.id, "e")]);
    await queue.answered(5);
    expect(queue.results.map(([, result]) => result)).toEqual([1, 2, 3, "not_found", 4]);
  }));
