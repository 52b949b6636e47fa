import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { nextTurn } from "../event-loop.ts";
import { interceptD1 } from "./d1.ts";

/** A fault at the n-th step from now on. `isHit` says whether that step was reached. */
export interface InjectedFault {
  readonly isHit: boolean;
  /** the number of steps so far */
  readonly steps: number;
  /** Ends the fault; later steps succeed. */
  [Symbol.dispose](): void;
}

/**
 * The places of a fault:
 * - `conversation`, `inbox`: the object is aborted before a statement.
 * - `D1 before`, `D1 after`: D1 fails before or after a statement.
 * - `conversation at D1`: the conversation is aborted, with its writes durable, before D1 runs a statement.
 */
export const FAULT_PLACES = ["conversation", "inbox", "D1 before", "D1 after", "conversation at D1"] as const;
export type FaultPlace = (typeof FAULT_PLACES)[number];

/** Injects a fault at the n-th step of a conversation, of a user's inbox, or of D1 for any caller. */
export function breakAt(
  place: FaultPlace,
  step: number,
  { conversationId, userId }: { conversationId: number; userId: number },
): Promise<InjectedFault> | InjectedFault {
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

/** Aborts an object after its writes are durable. */
async function abort(stub: DurableObjectStub): Promise<void> {
  // The writes of the call's own turn are durable in a later turn.
  await nextTurn(1);
  await runInDurableObject(stub, (_, state) => state.abort("lost on purpose")).catch(() => undefined);
}

/** Aborts an object, its writes durable, after D1 has run its n-th statement or batch: it has no answer. */
export function loseAfterD1(stub: DurableObjectStub, step: number): InjectedFault {
  return loseD1(step, async (work) => {
    await work();
    await abort(stub);
  });
}

/** Makes the n-th statement of a conversation fail. Earlier writes of the same turn may stay. */
export function failStatement(conversationId: number, step: number): Promise<InjectedFault> {
  return breakObject(env.CONVERSATION.getByName(String(conversationId)), (now) => now === step, refuse);
}

/** Makes the n-th statement of a user's inbox fail. */
export function failInboxStatement(userId: number, step: number): Promise<InjectedFault> {
  return breakObject(env.INBOX.getByName(String(userId)), (now) => now === step, refuse);
}

/** Makes the next `count` statements of a user's inbox fail. */
export function refuseInbox(userId: number, count: number): Promise<InjectedFault> {
  return breakObject(env.INBOX.getByName(String(userId)), (now) => now <= count, refuse);
}

function refuse(): never {
  throw new Error("refused on purpose");
}

/** Aborts an object before its n-th statement, as a crash does: writes that are not durable are lost. */
function loseObject(stub: DurableObjectStub, step: number): Promise<InjectedFault> {
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
): Promise<InjectedFault> {
  const found = { isHit: false, steps: 0, [Symbol.dispose]: (): void => undefined };
  // Statements until now are the object's own: an abort there would fail this very call.
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
    // The object after the crash has a new `sql`.
    Object.defineProperty(sql, "exec", { configurable: true, value: broken });
    found[Symbol.dispose] = () => void Reflect.deleteProperty(sql, "exec");
  });
  isPlaced = true;
  return found;
}

/**
 * Makes D1 fail at its n-th statement or batch.
 * @param instead runs before the failure, and gets the work that D1 was asked to do
 */
function loseD1(step: number, instead: (work: () => Promise<unknown>) => Promise<unknown>): InjectedFault {
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
