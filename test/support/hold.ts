import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";

/**
 * A user's inbox that answers nobody: what waits for it waits until it is released. The two sides look
 * at flags: a promise that one object resolves for another can wait for ever.
 */
export class HeldInbox {
  #holds = false;
  #released = false;
  #holding: Promise<void> = Promise.resolve();

  /** Resolves once the inbox is held. Release it within 30 s: then the runtime resets it. */
  static async hold(userId: number): Promise<HeldInbox> {
    const held = new HeldInbox();
    held.#holding = runInDurableObject(env.INBOX.getByName(String(userId)), (_, state) =>
      state.blockConcurrencyWhile(async () => {
        held.#holds = true;
        while (!held.#released) await turn();
      }),
    );
    while (!held.#holds) await turn();
    return held;
  }

  async release(): Promise<void> {
    this.#released = true;
    await this.#holding;
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
