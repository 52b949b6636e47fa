import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { CONVERSATION_CALLS } from "../../../src/conversation/calls.ts";
import type { INBOX_CALLS } from "../../../src/inbox/calls.ts";
import { nextTurn, until } from "../event-loop.ts";
import { withoutCallChannels } from "../timing.ts";
import { Gate } from "./gate.ts";
import type { InjectedFault } from "./injected-fault.ts";

/** A call from an object or the Worker to an object. */
export interface ObjectCall {
  to: "INBOX" | "CONVERSATION";
  /** the id of the user or conversation */
  id: number;
  method: Method;
  args: readonly unknown[];
  /** performs the call */
  work(): unknown;
}

/** The intercepted methods: those that concern devices, notifications, profiles, quotas and spaces. */
const METHODS = {
  INBOX: ["applyUpdate", "pushEvent", "list", "notify", "announceProfile", "takeQuota"],
  CONVERSATION: [
    "send",
    "checkDraft",
    "allMessages",
    "sendFromDevice",
    "read",
    "pushConversation",
    "replay",
    "snapshot",
    "revoke",
    "hide",
    "history",
    "readablePage",
    "search",
    "takeProfile",
    "spaceChanged",
  ],
} as const satisfies {
  INBOX: readonly (keyof typeof INBOX_CALLS)[];
  CONVERSATION: readonly (keyof typeof CONVERSATION_CALLS)[];
};

type Method = (typeof METHODS)[keyof typeof METHODS][number];

/** Passes every such call to `on`, which performs it or not, until the returned object is disposed. */
export function intercept(on: (call: ObjectCall) => unknown): Disposable {
  const channels = withoutCallChannels();
  for (const to of ["INBOX", "CONVERSATION"] as const) {
    const namespace = env[to];
    const getByName = namespace.getByName.bind(namespace);
    const value = (name: string) => intercepted(getByName(name), to, Number(name), on);
    Object.defineProperty(namespace, "getByName", { configurable: true, value });
  }
  return {
    [Symbol.dispose]() {
      for (const to of ["INBOX", "CONVERSATION"] as const) Reflect.deleteProperty(env[to], "getByName");
      channels[Symbol.dispose]();
    },
  };
}

function intercepted(
  stub: object,
  to: ObjectCall["to"],
  id: number,
  on: (call: ObjectCall) => unknown,
): object {
  return new Proxy(stub, {
    get(target, name) {
      const found: unknown = Reflect.get(target, name, target);
      // The test runtime recognizes the class by its constructor.
      if (typeof found !== "function" || name === "constructor") return found;
      const method = METHODS[to].find((one) => one === name);
      return (...args: unknown[]) => {
        const work = () => Reflect.apply(found, target, args);
        return method ? on({ to, id, method, args, work }) : work();
      };
    },
  });
}

/** Where a call is lost: before it is performed, or afterwards, with its answer. */
export type Loss = "call" | "answer";

const ALL = () => true;
const NO_NOTICE = ({ method }: ObjectCall) => method !== "notify";

/** Loses the n-th call, or its answer, among those that `concerns` selects. */
export function loseCall(
  step: number,
  loss: Loss,
  concerns: (call: ObjectCall) => boolean = NO_NOTICE,
): InjectedFault {
  return breakCalls(loss, concerns, { isBroken: (now) => now === step });
}

/** Loses all calls, or their answers, that `concerns` selects. */
export function loseCalls(loss: Loss, concerns: (call: ObjectCall) => boolean): InjectedFault {
  return breakCalls(loss, concerns, { isBroken: ALL });
}

/**
 * Aborts a conversation during its n-th inbox update: the change is stored by then, and delivered or not.
 * After the disposal the conversation runs again.
 */
export function loseAtInboxUpdate(
  conversationId: number,
  step: number,
  loss: Loss,
): InjectedFault & AsyncDisposable {
  // Each use takes a new stub: objects must not share one.
  const conversation = () => env.CONVERSATION.getByName(String(conversationId));
  let isLost = false;
  const lose = async () => {
    // The writes of the call's own turn are durable in a later turn.
    await nextTurn(1);
    await runInDurableObject(conversation(), (_, state) => {
      isLost = true;
      state.abort("lost on purpose");
    }).catch(() => undefined);
  };
  const isBroken = (now: number) => now === step;
  const broken = breakCalls(loss, ({ method }) => method === "applyUpdate", { isBroken, meanwhile: lose });
  return Object.assign(broken, {
    async [Symbol.asyncDispose]() {
      broken[Symbol.dispose]();
      if (!broken.isHit) return;
      // The aborted object cannot report its loss.
      await until(() => isLost, "the call is lost");
      await until(() => isThere(conversation()), "the conversation is there again");
    },
  });
}

function isThere(stub: DurableObjectStub): Promise<boolean> {
  return runInDurableObject(stub, () => true).catch(() => false);
}

interface Breaking {
  isBroken(step: number): boolean;
  meanwhile?(): Promise<void>;
}

function breakCalls(
  loss: Loss,
  concerns: (call: ObjectCall) => boolean,
  { isBroken, meanwhile }: Breaking,
): InjectedFault {
  const found = { isHit: false, steps: 0, [Symbol.dispose]: (): void => undefined };
  const held = intercept(async (call) => {
    if (concerns(call)) found.steps++;
    if (!concerns(call) || !isBroken(found.steps)) return call.work();
    found.isHit = true;
    try {
      if (loss === "answer") await call.work();
    } finally {
      await meanwhile?.();
    }
    throw new Error("Network connection lost.");
  });
  found[Symbol.dispose] = () => held[Symbol.dispose]();
  return found;
}

/**
 * Reorders inbox updates as a bad network might. Of each two to an inbox the first fails for its sender, and
 * arrives late between two deliveries of the second.
 */
export function shuffleInboxUpdates(): InjectedFault {
  const found = { isHit: false, steps: 0, [Symbol.dispose]: (): void => undefined };
  const late = new Map<number, ObjectCall>();
  const held = intercept(async (call) => {
    if (call.method !== "applyUpdate") return call.work();
    found.steps++;
    const before = late.get(call.id);
    if (!before) {
      late.set(call.id, call);
      throw new Error("Network connection lost.");
    }
    late.delete(call.id);
    const answer = await call.work();
    await before.work();
    await call.work();
    found.isHit = true;
    return answer;
  });
  found[Symbol.dispose] = () => held[Symbol.dispose]();
  return found;
}

/** Holds calls on their way until they are released. */
export class HeldCalls extends Gate {
  readonly #held: Disposable;

  constructor(concerns: (call: ObjectCall) => boolean) {
    super();
    this.#held = intercept(async (call) => {
      if (concerns(call)) await this.pass();
      return call.work();
    });
  }

  [Symbol.dispose](): void {
    this.release();
    this.#held[Symbol.dispose]();
  }
}
