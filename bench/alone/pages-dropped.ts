/**
 * Parley with inboxes that take the pages for devices and send none of them. All else is the product. It
 * measures what the pages cost without the work of the inboxes, which run elsewhere on the platform. It is
 * wrong otherwise: lists stay behind, devices get no messages.
 */
import worker, { Conversation, Inbox } from "../../src/index.ts";

const { applyUpdate } = Inbox.prototype;

/** Confirms each page of new messages at once, as if the user's devices had been sent the page. */
Inbox.prototype.applyUpdate = async function (this: Inbox, update) {
  const { packedPage, rev } = update;
  if (!packedPage) return Reflect.apply(applyUpdate, this, [update]);
  const { lastSeq: seq, texts } = packedPage;
  return { ok: true, value: { seq, rev, formats: Object.keys(texts) } };
};

export { Conversation, Inbox };
export default worker;
