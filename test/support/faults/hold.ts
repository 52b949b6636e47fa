import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { ConversationObject } from "../../../src/conversation/object.ts";
import { InboxObject } from "../../../src/inbox/object.ts";

/**
 * An object that answers no call until it is released; then it takes the calls in their order. Calls wait in the object
 * and look at a flag: a promise that one object resolves for another can wait for ever. Its timers go on.
 *
 * `blockConcurrencyWhile` would hold timers too, but the runtime resets an object after 30 s of it, and on a busy
 * machine it has been seen to do so after 2 s.
 */
class Held {
  #released = false;
  #last: Promise<unknown> = Promise.resolve();

  protected async take(stub: DurableObjectStub, calls: object): Promise<this> {
    await runInDurableObject(stub, (instance) => {
      this.#last = Promise.resolve();
      const names = [...Object.getOwnPropertyNames(calls), ...HANDLERS].filter(
        (name) => name !== "constructor",
      );
      const held = names.map((name) => [name, { value: this.#held(instance, name) }] as const);
      // Between the object and its class: a method of the object itself cannot be called from outside.
      const between = Object.create(Object.getPrototypeOf(instance), Object.fromEntries(held));
      Object.setPrototypeOf(instance, between);
    });
    return this;
  }

  #held(instance: object, name: string): (...input: unknown[]) => Promise<unknown> {
    const call: unknown = Reflect.get(instance, name);
    if (!(call instanceof Function)) throw new Error(`the object has a call ${name}`);
    return (...input) => {
      const wait = async () => {
        while (!this.#released) await turn();
      };
      const begun = this.#last.then(wait).then(() => ({ answer: Reflect.apply(call, instance, input) }));
      // The next call begins once this one has begun, as in an object that is busy.
      this.#last = begun;
      return begun.then(({ answer }) => answer);
    };
  }

  async release(): Promise<void> {
    this.#released = true;
  }
}

/** How the runtime calls an object besides its own methods. */
const HANDLERS = ["fetch", "alarm", "webSocketMessage", "webSocketClose"];

/** A user's inbox that answers nobody. */
export class HeldInbox extends Held {
  /** Resolves once the inbox is held. */
  static hold(userId: number): Promise<HeldInbox> {
    return new HeldInbox().take(env.INBOX.getByName(String(userId)), InboxObject.prototype);
  }
}

/** A conversation that answers nobody. */
export class HeldConversation extends Held {
  /** Resolves once the conversation is held. */
  static hold(id: number): Promise<HeldConversation> {
    return new HeldConversation().take(env.CONVERSATION.getByName(String(id)), ConversationObject.prototype);
  }
}

/** The calls of one name to a conversation wait until they are released; all other calls go on. */
export class HeldCalls {
  #released = false;
  /** how many wait */
  waiting = 0;

  static async hold(
    id: number,
    name: keyof ConversationObject & ("sendFromDevice" | "replay" | "subscribe" | "kick" | "messages"),
  ): Promise<HeldCalls> {
    const held = new HeldCalls();
    await runInDurableObject(env.CONVERSATION.getByName(String(id)), (instance) => {
      const call: unknown = Reflect.get(instance, name);
      if (!(call instanceof Function)) throw new Error(`a conversation has a call ${name}`);
      const value = async (...input: unknown[]) => {
        held.waiting++;
        while (!held.#released) await turn();
        held.waiting--;
        return Reflect.apply(call, instance, input);
      };
      // Between the object and its class: what is its own is not called from outside.
      Object.setPrototypeOf(instance, Object.create(Object.getPrototypeOf(instance), { [name]: { value } }));
    });
    return held;
  }

  release(): void {
    this.#released = true;
  }

  /** Resolves once so many wait. */
  async until(waiting: number): Promise<void> {
    while (this.waiting < waiting) await turn();
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}

/** Whether a call answers before five others of which each is made when the one before has answered. */
export async function overtakes(answer: Promise<unknown>, other: () => Promise<unknown>): Promise<boolean> {
  let answered = false;
  void answer.then(() => {
    answered = true;
  });
  for (let i = 0; i < 5; i++) await other();
  return answered;
}
