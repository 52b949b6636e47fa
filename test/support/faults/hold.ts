import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { ConversationObject } from "../../../src/conversation/object.ts";

/**
 * An object that answers nobody: what waits for it waits until it is released. The two sides look at
 * flags: a promise that one object resolves for another can wait for ever. The held one sets no timer, it has another
 * object look: an object's timers go off in turn, and one set before would wait for the release, and the release for it.
 */
class Held {
  #holds = false;
  #released = false;
  #holding: Promise<void> = Promise.resolve();

  protected async take(stub: DurableObjectStub): Promise<this> {
    this.#holding = runInDurableObject(stub, (_, state) =>
      state.blockConcurrencyWhile(async () => {
        this.#holds = true;
        await runInDurableObject(env.INBOX.getByName("0"), async () => {
          while (!this.#released) await turn();
        });
      }),
    );
    while (!this.#holds) await turn();
    return this;
  }

  async release(): Promise<void> {
    this.#released = true;
    await this.#holding;
  }
}

/** A user's inbox that answers nobody. */
export class HeldInbox extends Held {
  /** Resolves once the inbox is held. Release it within 30 s: then the runtime resets it. */
  static hold(userId: number): Promise<HeldInbox> {
    return new HeldInbox().take(env.INBOX.getByName(String(userId)));
  }
}

/** A conversation that answers nobody. */
export class HeldConversation extends Held {
  /** Resolves once the conversation is held. Release it within 30 s, as above. */
  static hold(id: number): Promise<HeldConversation> {
    return new HeldConversation().take(env.CONVERSATION.getByName(String(id)));
  }
}

/**
 * The calls of one name to a conversation: each waits until they are released, while all else of it goes on. One that
 * is held altogether does not let its timers run, so it had better be at rest; this one may be busy.
 */
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
