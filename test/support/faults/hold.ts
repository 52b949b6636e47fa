import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { ConversationObject } from "../../../src/conversation/object.ts";
import { InboxObject } from "../../../src/inbox/object.ts";
import { nextTurn } from "../event-loop.ts";

/**
 * An object that answers no call until it is released, and then handles the calls in order. Its timers go on.
 * Calls wait in the object and poll a flag: a promise that one object resolves for another may never wake it.
 *
 * `blockConcurrencyWhile` would hold timers too, but the runtime resets an object after 30 s of it, and after
 * 2 s was seen on a busy machine.
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
      // Set between the instance and its class: calls from outside do not find own methods.
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
        while (!this.#released) await nextTurn(1);
      };
      const begun = this.#last.then(wait).then(() => ({ answer: Reflect.apply(call, instance, input) }));
      // The next call begins once this one has begun, as in a busy object.
      this.#last = begun;
      return begun.then(({ answer }) => answer);
    };
  }

  async release(): Promise<void> {
    this.#released = true;
  }
}

/** The handlers that the runtime calls, besides the RPC methods. */
const HANDLERS = ["fetch", "alarm", "webSocketMessage", "webSocketClose"];

/** A user's inbox that answers no call. */
export class HeldInbox extends Held {
  /** Resolves once the inbox is held. */
  static hold(userId: number): Promise<HeldInbox> {
    return new HeldInbox().take(env.INBOX.getByName(String(userId)), InboxObject.prototype);
  }
}

/** A conversation that answers no call. */
export class HeldConversation extends Held {
  /** Resolves once the conversation is held. */
  static hold(id: number): Promise<HeldConversation> {
    return new HeldConversation().take(env.CONVERSATION.getByName(String(id)), ConversationObject.prototype);
  }
}

/** Holds the calls of one method of a conversation until they are released; other methods go on. */
export class HeldMethod {
  #released = false;
  /** how many calls wait */
  waiting = 0;

  static async hold(
    id: number,
    name: keyof ConversationObject & ("sendFromDevice" | "replay" | "subscribe" | "kick" | "messages"),
  ): Promise<HeldMethod> {
    const held = new HeldMethod();
    await runInDurableObject(env.CONVERSATION.getByName(String(id)), (instance) => {
      const call: unknown = Reflect.get(instance, name);
      if (!(call instanceof Function)) throw new Error(`a conversation has a call ${name}`);
      const value = async (...input: unknown[]) => {
        held.waiting++;
        while (!held.#released) await nextTurn(1);
        held.waiting--;
        return Reflect.apply(call, instance, input);
      };
      // Set between the instance and its class: calls from outside do not find own methods.
      Object.setPrototypeOf(instance, Object.create(Object.getPrototypeOf(instance), { [name]: { value } }));
    });
    return held;
  }

  release(): void {
    this.#released = true;
  }

  /** Resolves once `waiting` calls wait. */
  async until(waiting: number): Promise<void> {
    while (this.waiting < waiting) await nextTurn(1);
  }
}

/** Whether a call answers before five others, made one after the other. */
export async function overtakes(answer: Promise<unknown>, other: () => Promise<unknown>): Promise<boolean> {
  let answered = false;
  void answer.then(() => {
    answered = true;
  });
  for (let i = 0; i < 5; i++) await other();
  return answered;
}
