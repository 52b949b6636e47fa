import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { interceptD1 } from "./d1.ts";

/** Something that breaks at the n-th step from now on; `isHit` tells whether it came to that. */
export interface Break {
  readonly isHit: boolean;
  /** How many steps there were until now. */
  readonly steps: number;
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
  return breakObject(env.CONVERSATION.getByName(String(conversationId)), (now) => now === step, refuse);
}

/** The same of a user's inbox. */
export function failInboxStatement(userId: number, step: number): Promise<Break> {
  return breakObject(env.INBOX.getByName(String(userId)), (now) => now === step, refuse);
}

/** Has the next statements of a user's inbox fail, so many one after the other: it throws for a while. */
export function refuseInbox(userId: number, count: number): Promise<Break> {
  return breakObject(env.INBOX.getByName(String(userId)), (now) => now <= count, refuse);
}

function refuse(): never {
  throw new Error("refused on purpose");
}

/** Loses an object before its n-th statement, as a crash does: what was not yet durable is gone. */
function loseObject(stub: DurableObjectStub, step: number): Promise<Break> {
  return breakObject(
    stub,
    (now) => now === step,
    (state) => state.abort("lost on purpose"),
  );
}

async function breakObject(
  stub: DurableObjectStub,
  isBroken: (step: number) => boolean,
  fail: (state: DurableObjectState) => void,
): Promise<Break> {
  const found = { isHit: false, steps: 0, [Symbol.dispose]: (): void => undefined };
  // What the object does on its own meanwhile is no step yet: its loss would fail this very call.
  let isPlaced = false;
  await runInDurableObject(stub, (_, state) => {
    const { sql } = state.storage;
    const exec = sql.exec.bind(sql);
    const broken: typeof exec = (query, ...bindings) => {
      if (isPlaced) found.steps++;
      if (isPlaced && isBroken(found.steps)) {
        found.isHit = true;
        fail(state);
      }
      return exec(query, ...bindings);
    };
    // The next object, after the crash, has a handle of its own.
    Object.defineProperty(sql, "exec", { configurable: true, value: broken });
    found[Symbol.dispose] = () => void Reflect.deleteProperty(sql, "exec");
  });
  isPlaced = true;
  return found;
}

/**
 * Has D1 fail at its n-th statement or batch.
 * @param instead what happens then before it fails; what D1 was asked to do is handed in
 */
function loseD1(step: number, instead: (work: () => Promise<unknown>) => Promise<unknown>): Break {
  const found = { isHit: false, steps: 0, [Symbol.dispose]: (): void => undefined };
  const held = interceptD1(async (_, work) => {
    found.steps++;
    if (found.steps !== step) return work();
    found.isHit = true;
    await instead(work);
    throw new Error("D1_ERROR: Network connection lost.");
  });
  found[Symbol.dispose] = () => held[Symbol.dispose]();
  return found;
}
