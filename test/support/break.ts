import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";

/** Something that breaks at the n-th step from now on; `isHit` tells whether it came to that. */
export interface Break {
  readonly isHit: boolean;
  /** What was not broken goes on as before. */
  [Symbol.dispose](): void;
}

/** What can break: an object is lost before a statement, D1 is lost before or after one. */
export type Place = "conversation" | "inbox" | "d1 before" | "d1 after";
export const PLACES: Place[] = ["conversation", "inbox", "d1 before", "d1 after"];

/** Breaks the n-th step of a conversation, of one user's inbox, or of D1, whoever asks it. */
export function breakAt(
  place: Place,
  step: number,
  { conversationId, userId }: { conversationId: number; userId: number },
): Promise<Break> | Break {
  if (place === "conversation") return loseObject(env.CONVERSATION.getByName(String(conversationId)), step);
  if (place === "inbox") return loseObject(env.INBOX.getByName(String(userId)), step);
  return loseD1(step, place === "d1 after");
}

/** Loses an object before its n-th statement, as a crash does: what was not yet durable is gone. */
async function loseObject(stub: DurableObjectStub, step: number): Promise<Break> {
  const found = { isHit: false, [Symbol.dispose]: (): void => undefined };
  await runInDurableObject(stub, (_, state) => {
    const { sql } = state.storage;
    const exec = sql.exec.bind(sql);
    let steps = 0;
    const broken: typeof exec = (query, ...bindings) => {
      steps++;
      if (steps === step) {
        found.isHit = true;
        state.abort("lost on purpose");
      }
      return exec(query, ...bindings);
    };
    // The next object, after the crash, has a handle of its own.
    Object.defineProperty(sql, "exec", { configurable: true, value: broken });
    found[Symbol.dispose] = () => void Reflect.deleteProperty(sql, "exec");
  });
  return found;
}

/** Has D1 fail at its n-th statement or batch, before it was done or, the answer being lost, after. */
function loseD1(step: number, done: boolean): Break {
  const { DB } = env;
  let steps = 0;
  const found = {
    isHit: false,
    [Symbol.dispose]: () => {
      Reflect.deleteProperty(DB, "prepare");
      Reflect.deleteProperty(DB, "batch");
    },
  };
  async function stepped<T>(work: () => Promise<T>): Promise<T> {
    steps++;
    if (steps !== step) return work();
    found.isHit = true;
    if (done) await work();
    throw new Error("D1_ERROR: Network connection lost.");
  }
  function wrapped(statement: D1PreparedStatement): D1PreparedStatement {
    for (const name of ["all", "raw", "run", "first"] as const) {
      const original: unknown = Reflect.get(statement, name);
      const value = (...args: unknown[]) =>
        stepped(async () =>
          Reflect.apply(original instanceof Function ? original : missing, statement, args),
        );
      Object.defineProperty(statement, name, { configurable: true, value });
    }
    const bind = statement.bind.bind(statement);
    const value = (...values: unknown[]) => wrapped(bind(...values));
    return Object.defineProperty(statement, "bind", { configurable: true, value });
  }
  const prepare = DB.prepare.bind(DB);
  const batch = DB.batch.bind(DB);
  Object.defineProperty(DB, "prepare", {
    configurable: true,
    value: (query: string) => wrapped(prepare(query)),
  });
  Object.defineProperty(DB, "batch", {
    configurable: true,
    value: (statements: D1PreparedStatement[]) => stepped(() => batch(statements)),
  });
  return found;
}

function missing(): never {
  throw new Error("D1 has these methods");
}
