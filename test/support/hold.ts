import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";

/**
 * An object that answers nobody: what waits for it waits until it is released. The two sides look at
 * flags: a promise that one object resolves for another can wait for ever.
 */
class Held {
  #holds = false;
  #released = false;
  #holding: Promise<void> = Promise.resolve();

  protected async take(stub: DurableObjectStub): Promise<this> {
    this.#holding = runInDurableObject(stub, (_, state) =>
      state.blockConcurrencyWhile(async () => {
        this.#holds = true;
        while (!this.#released) await turn();
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
