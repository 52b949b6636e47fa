/**
 * Parley without the fan-out: its conversations deliver nothing to inboxes. All else is the product. It
 * measures the cost of the fan-out, and is wrong otherwise: lists stay empty, devices get nothing.
 */
import worker, { Inbox, Conversation as ProductConversation } from "../../src/index.ts";

/** A conversation whose inbox updates are dropped, and answered at once. */
export class Conversation extends ProductConversation {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, { ...env, INBOX: withoutUpdates(env.INBOX) });
  }
}

export { Inbox };
export default worker;

const answerNoDevices = async () => ({ ok: true, value: null });

/** The inboxes, except that an update is dropped and answered as by an inbox without devices. */
function withoutUpdates(inboxes: Env["INBOX"]): Env["INBOX"] {
  const stub = (name: string) =>
    new Proxy(inboxes.getByName(name), {
      get: (inbox, property) =>
        property === "applyUpdate" ? answerNoDevices : Reflect.get(inbox, property, inbox),
    });
  return new Proxy(inboxes, {
    get: (all, property) => (property === "getByName" ? stub : Reflect.get(all, property, all)),
  });
}
