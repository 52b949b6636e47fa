import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { ConversationObject } from "../../../src/conversation/object.ts";
import type { InboxObject } from "../../../src/inbox/object.ts";
import type { Break } from "./break.ts";

/** A call of one object, or of the Worker, to another object. */
export interface ObjectCall {
  to: "INBOX" | "CONVERSATION";
  /** the id of its user, or its conversation */
  id: number;
  method: Method;
  args: readonly unknown[];
  /** makes it */
  work(): unknown;
}

/** What objects are asked that concerns devices, and notices: by each other, and by the Worker. */
const METHODS = {
  INBOX: ["applyUpdate", "pushEvent", "list", "notify"],
  CONVERSATION: [
    "send",
    "sendFromDevice",
    "read",
    "pushConversation",
    "replay",
    "subscribe",
    "snapshot",
    "revoke",
    "hide",
    "history",
    "readablePage",
  ],
} as const satisfies {
  INBOX: readonly (keyof InboxObject)[];
  CONVERSATION: readonly (keyof ConversationObject)[];
};

type Method = (typeof METHODS)[keyof typeof METHODS][number];

/** Has every such call go through `on`, which makes it or does not, until this is disposed of. */
export function intercept(on: (call: ObjectCall) => unknown): Disposable {
  for (const to of ["INBOX", "CONVERSATION"] as const) {
    const namespace = env[to];
    const getByName = namespace.getByName.bind(namespace);
    const value = (name: string) => intercepted(getByName(name), to, Number(name), on);
    Object.defineProperty(namespace, "getByName", { configurable: true, value });
  }
  return {
    [Symbol.dispose]() {
      for (const to of ["INBOX", "CONVERSATION"] as const) Reflect.deleteProperty(env[to], "getByName");
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
      // By its class the test runtime knows it.
      if (typeof found !== "function" || name === "constructor") return found;
      const method = METHODS[to].find((one) => one === name);
      return (...args: unknown[]) => {
        const work = () => Reflect.apply(found, target, args);
        return method ? on({ to, id, method, args, work }) : work();
      };
    },
  });
}

/** Where a call is lost: on its way, or on the way back, once it is done. */
export type Loss = "call" | "answer";

const ALL = () => true;
const NO_NOTICE = ({ method }: ObjectCall) => method !== "notify";

/** Loses the n-th call of those that `concerns` holds for, or its answer. */
export function loseCall(
  step: number,
  loss: Loss,
  concerns: (call: ObjectCall) => boolean = NO_NOTICE,
): Break {
  return breakCalls(loss, concerns, { isBroken: (now) => now === step });
}

/** Loses all calls that `concerns` holds for, or their answers. */
export function loseCalls(loss: Loss, concerns: (call: ObjectCall) => boolean): Break {
  return breakCalls(loss, concerns, { isBroken: ALL });
}

/**
 * Loses a conversation as its n-th bump is under way: what it is to tell is stored by then, and it was told or was not.
 * Once this is disposed of it is there again.
 */
export function loseAtBump(conversationId: number, step: number, loss: Loss): Break & AsyncDisposable {
  // Each asks for it anew: what one object has got another must not use.
  const conversation = () => env.CONVERSATION.getByName(String(conversationId));
  let isLost = false;
  const lose = async () => {
    // What was written in the turn of the call is durable in a later one.
    await turn();
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
      // Who lost it is lost with it: nothing is heard of that.
      while (!isLost) await turn();
      while (!(await isThere(conversation()))) await turn();
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
): Break {
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
 * Has bumps arrive as a bad network would bring them: of every two the first comes late, behind the second, which comes
 * twice, and whoever sent the first takes it for lost.
 */
export function shuffleBumps(): Break {
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

/** Calls that are held on their way until they are released. */
export class HeldCalls {
  readonly #held: Disposable;
  #arrived = 0;
  #released = false;

  constructor(concerns: (call: ObjectCall) => boolean) {
    // Looked at again and again: a promise that one object resolves for another can wait for ever.
    this.#held = intercept(async (call) => {
      if (!concerns(call)) return call.work();
      this.#arrived++;
      while (!this.#released) await turn();
      return call.work();
    });
  }

  /** Resolves once so many are held. */
  async arrived(count = 1): Promise<void> {
    while (this.#arrived < count) await turn();
  }

  /** Lets them go on, and those that come. */
  release(): void {
    this.#released = true;
  }

  [Symbol.dispose](): void {
    this.release();
    this.#held[Symbol.dispose]();
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}
