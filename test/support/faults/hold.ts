import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { CONVERSATION_CALLS } from "../../../src/conversation/calls.ts";
import { INBOX_CALLS } from "../../../src/inbox/calls.ts";
import { until, whileHeld } from "../event-loop.ts";

/**
 * Calls of an object that wait until they are released, and then begin in order. Timers of the object go on.
 * A call waits in the object and polls a flag: a promise that one object resolves for another may never wake
 * it.
 *
 * `blockConcurrencyWhile` would hold timers too, but the runtime resets an object after 30 s of it, and after
 * 2 s was seen on a busy machine.
 */
class Held {
  #released = false;
  /** how many calls wait */
  waiting = 0;

  protected async take(stub: DurableObjectStub, names: readonly string[]): Promise<this> {
    await runInDurableObject(stub, (instance) => {
      const last = { begun: Promise.resolve<unknown>(null) };
      const held = names.map((name) => [name, { value: this.#held(instance, name, last) }] as const);
      // Set between the instance and its class: calls from outside do not find own methods.
      const between = Object.create(Object.getPrototypeOf(instance), Object.fromEntries(held));
      Object.setPrototypeOf(instance, between);
    });
    return this;
  }

  #held(instance: object, name: string, last: { begun: Promise<unknown> }) {
    const call: unknown = Reflect.get(instance, name);
    if (!(call instanceof Function)) throw new Error(`the object has a call ${name}`);
    return (...input: unknown[]): Promise<unknown> => {
      const wait = async () => {
        await whileHeld(() => !this.#released);
        this.waiting--;
      };
      this.waiting++;
      const begun = last.begun.then(wait).then(() => ({ answer: Reflect.apply(call, instance, input) }));
      // The next call begins once this one has begun, as in a busy object.
      last.begun = begun;
      return begun.then(({ answer }) => answer);
    };
  }

  /** Resolves once `waiting` calls wait. */
  async until(waiting: number): Promise<void> {
    await until(() => this.waiting >= waiting, `${waiting} calls are held`);
  }

  release(): void {
    this.#released = true;
  }
}

/** All that an object is called by: its calls, and the handlers that the runtime calls. */
function allCalls(calls: object): string[] {
  return [...Object.keys(calls), "openCalls", "fetch", "alarm", "webSocketMessage", "webSocketClose"];
}

/** A user's inbox that answers no call. */
export class HeldInbox extends Held {
  /** Resolves once the inbox is held. */
  static hold(userId: number): Promise<HeldInbox> {
    return new HeldInbox().take(env.INBOX.getByName(String(userId)), allCalls(INBOX_CALLS));
  }
}

/** A conversation that answers no call. */
export class HeldConversation extends Held {
  /** Resolves once the conversation is held. */
  static hold(id: number): Promise<HeldConversation> {
    return new HeldConversation().take(env.CONVERSATION.getByName(String(id)), allCalls(CONVERSATION_CALLS));
  }
}

/** Holds the calls of one method of a conversation; other methods go on. */
export class HeldMethod extends Held {
  static hold(
    id: number,
    name: keyof typeof CONVERSATION_CALLS &
      ("sendFromDevice" | "replay" | "snapshot" | "kick" | "messages" | "search"),
  ): Promise<HeldMethod> {
    return new HeldMethod().take(env.CONVERSATION.getByName(String(id)), [name]);
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
