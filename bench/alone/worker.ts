/**
 * Parley with the fan-out switched off: its conversations tell no inbox of anything. All else is the product's. It is
 * there to measure what the fan-out costs; nothing else is right here: lists stay empty, devices hear nothing.
 */
import worker, { Inbox, Conversation as Told } from "../../src/index.ts";

/** A conversation whose bumps go nowhere, each answered at once. */
export class Conversation extends Told {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, { ...env, INBOX: deaf(env.INBOX) });
  }
}

export { Inbox };
export default worker;

const nobody = async () => ({ ok: true, value: null });

function deaf(inboxes: Env["INBOX"]): Env["INBOX"] {
  const stub = (name: string) =>
    new Proxy(inboxes.getByName(name), {
      get: (inbox, property) => (property === "bump" ? nobody : Reflect.get(inbox, property, inbox)),
    });
  return new Proxy(inboxes, {
    get: (all, property) => (property === "getByName" ? stub : Reflect.get(all, property, all)),
  });
}
