import { runInDurableObject } from "cloudflare:test";
import { z } from "zod";
import { dueNow } from "../../support/clock.ts";
import { turns } from "../../support/event-loop.ts";
import { eventually } from "../../support/eventually.ts";
import { listenToWrites } from "../../support/objects/writes.ts";

type Counted = Pick<SqlStorageCursor<Record<string, SqlStorageValue>>, "rowsRead" | "rowsWritten">;

/** What a call has cost its object: rows of SQLite with those of indexes, and bytes of the answer as JSON. */
export interface Work {
  read: number;
  written: number;
  bytes: number;
}

/** The turns of the event loop in which all happens that does not wait for a time. */
const TURNS = 5;

const Success = z.object({ ok: z.literal(true) });

/** Counts the rows that the statements of one object read and write, by the counters of the runtime. */
export class CountedObject {
  readonly #stub: DurableObjectStub;

  constructor(stub: DurableObjectStub) {
    this.#stub = stub;
  }

  /**
   * Makes a call, once the jobs that earlier calls have left are done.
   * @param behind resolves once the object has done what it does behind its answer
   * @throws unless it succeeds: a refusal would cost less
   */
  async call(method: string, input: unknown[], behind?: () => Promise<unknown>): Promise<Work> {
    await eventually(() => this.#expectNoJobDue());
    const { work, answer } = await this.during(async () => {
      const answer = await this.#invoke(method, input);
      await behind?.();
      return answer;
    });
    const { success } = Success.safeParse(answer);
    if (!success) throw new Error(`${method} is refused: ${JSON.stringify(answer)}`);
    return { ...work, bytes: bytesOf(answer) };
  }

  /** The rows of what the object does until `work` resolves. The object must be awake. */
  async during<T>(work: () => Promise<T>): Promise<{ work: Omit<Work, "bytes">; answer: T }> {
    let sql: unknown;
    await runInDurableObject(this.#stub, (_, { storage }) => {
      sql = storage.sql;
    });
    const cursors = new Set<Counted>();
    const query = (cursor: Counted, of: unknown) => void (of === sql && cursors.add(cursor));
    const end = await listenToWrites(this.#stub, { query, alarm: () => undefined });
    try {
      const answer = await work();
      // What follows at once is part of it.
      await turns(TURNS);
      const sum = (rows: keyof Counted) => [...cursors].reduce((total, cursor) => total + cursor[rows], 0);
      return { work: { read: sum("rowsRead"), written: sum("rowsWritten") }, answer };
    } finally {
      end();
    }
  }

  async #expectNoJobDue(): Promise<void> {
    const due = "SELECT kind, key FROM jobs WHERE due <= ?";
    const jobs = await runInDurableObject(this.#stub, (_, { storage }) =>
      storage.sql.exec(due, dueNow()).toArray(),
    );
    if (jobs.length > 0) throw new Error(`jobs are due: ${JSON.stringify(jobs)}`);
  }

  async #invoke(method: string, input: unknown[]): Promise<unknown> {
    const found: unknown = Reflect.get(this.#stub, method);
    if (typeof found !== "function") throw new Error(`the object has no method ${method}`);
    return await Reflect.apply(found, this.#stub, input);
  }
}

/**
 * The bytes of an answer as JSON, as if each number had ten digits at least, also in JSON inside of strings:
 * how many digits an id has depends on the users and groups of earlier tests.
 */
export function bytesOf(answer: unknown): number {
  const plain = (_: string, value: unknown) => (value instanceof Map ? [...value] : value);
  const json = JSON.stringify(answer, plain).replace(/(?<=[:,[])\d{1,9}(?=[,}\]])/g, (id) =>
    id.padStart(10, "0"),
  );
  return new TextEncoder().encode(json).length;
}
