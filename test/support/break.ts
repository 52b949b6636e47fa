import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";

/** Something that breaks at the n-th step from now on; `isHit` tells whether it came to that. */
export interface Break {
  readonly isHit: boolean;
  /** What was not broken goes on as before. */
  [Symbol.dispose](): void;
}

/**
 * What can break: an object is lost before a statement; D1 fails before or after one was done; the
 * conversation is lost, with all that it has stored by then, before D1 does what it was asked.
 */
export const PLACES = ["conversation", "inbox", "D1 before", "D1 after", "conversation at D1"] as const;
export type Place = (typeof PLACES)[number];

/** Breaks the n-th step of a conversation, of one user's inbox, or of D1, whoever asks it. */
export function breakAt(
  place: Place,
  step: number,
  { conversationId, userId }: { conversationId: number; userId: number },
): Promise<Break> | Break {
  const conversation = env.CONVERSATION.getByName(String(conversationId));
  switch (place) {
    case "conversation":
      return loseObject(conversation, step);
    case "inbox":
      return loseObject(env.INBOX.getByName(String(userId)), step);
    case "D1 before":
      return loseD1(step, async () => undefined);
    case "D1 after":
      return loseD1(step, (work) => work());
    case "conversation at D1":
      return loseD1(step, () => abort(conversation));
  }
}

/** Loses an object, once what it has written is durable. */
async function abort(stub: DurableObjectStub): Promise<void> {
  // What was written in the turn of the call is durable in a later one.
  await new Promise((resolve) => setTimeout(resolve, 1));
  await runInDurableObject(stub, (_, state) => state.abort("lost on purpose")).catch(() => undefined);
}

/** Has the n-th statement of a conversation fail; what it wrote before in the same turn may stay. */
export function failStatement(conversationId: number, step: number): Promise<Break> {
  return breakObject(env.CONVERSATION.getByName(String(conversationId)), step, () => {
    throw new Error("refused on purpose");
  });
}

/** Loses an object before its n-th statement, as a crash does: what was not yet durable is gone. */
function loseObject(stub: DurableObjectStub, step: number): Promise<Break> {
  return breakObject(stub, step, (state) => state.abort("lost on purpose"));
}

async function breakObject(
  stub: DurableObjectStub,
  step: number,
  fail: (state: DurableObjectState) => void,
): Promise<Break> {
  const found = { isHit: false, [Symbol.dispose]: (): void => undefined };
  await runInDurableObject(stub, (_, state) => {
    const { sql } = state.storage;
    const exec = sql.exec.bind(sql);
    let steps = 0;
    const broken: typeof exec = (query, ...bindings) => {
      steps++;
      if (steps === step) {
        found.isHit = true;
        fail(state);
      }
      return exec(query, ...bindings);
    };
    // The next object, after the crash, has a handle of its own.
    Object.defineProperty(sql, "exec", { configurable: true, value: broken });
    found[Symbol.dispose] = () => void Reflect.deleteProperty(sql, "exec");
  });
  return found;
}

/**
 * Has D1 fail at its n-th statement or batch.
 * @param instead what happens then before it fails; what D1 was asked to do is handed in
 */
function loseD1(step: number, instead: (work: () => Promise<unknown>) => Promise<unknown>): Break {
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
    await instead(work);
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
