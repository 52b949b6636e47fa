import { RpcTarget } from "cloudflare:workers";
import type { Result } from "../domain/errors.ts";
import type { DeliveredPosition, InboxUpdate } from "../domain/sync/inbox-update.ts";

/** An inbox, as far as conversations call it often. */
interface UpdatedInbox {
  applyUpdate(update: InboxUpdate): Promise<Result<DeliveredPosition>>;
}

/** The end of a channel at an inbox: the calls that conversations make over it. @see CallChannels */
export class InboxCalls extends RpcTarget {
  readonly #inbox: UpdatedInbox;

  constructor(inbox: UpdatedInbox) {
    super();
    this.#inbox = inbox;
  }

  /** @see InboxObject.applyUpdate */
  applyUpdate(update: InboxUpdate): Promise<Result<DeliveredPosition>> {
    return this.#inbox.applyUpdate(update);
  }
}
