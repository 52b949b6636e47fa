/**
 * Parley with inboxes that take the pages for devices and send none of them. All else is the product. It
 * measures what the pages cost without the work of the inboxes, which run elsewhere on the platform. It is
 * wrong otherwise: lists stay behind, devices get no messages.
 */
import worker, { Conversation, Inbox as ProductInbox } from "../../src/index.ts";

/** An inbox that confirms each page of new messages at once, as if its devices had been sent the page. */
export class Inbox extends ProductInbox {
  override async applyUpdate(...[update]: Parameters<ProductInbox["applyUpdate"]>) {
    const { packedPage, rev } = update;
    if (!packedPage) return super.applyUpdate(update);
    const { lastSeq: seq, texts } = packedPage;
    return { ok: true as const, value: { seq, rev, formats: Object.keys(texts) } };
  }
}

export { Conversation };
export default worker;
