import { RpcTarget } from "cloudflare:workers";
import type { InboxUpdate } from "../domain/sync/inbox-update.ts";
import type { CallMethods } from "../object/calls/object-call.ts";
import type { INBOX_CALLS } from "./calls.ts";

/** The calls that conversations make often. */
type OverChannels = Pick<CallMethods<typeof INBOX_CALLS>, "applyUpdate">;

/** The end of a channel at an inbox: the calls that conversations make over it. @see CallChannels */
export class InboxChannelEnd extends RpcTarget implements OverChannels {
  readonly #inbox: OverChannels;

  constructor(inbox: OverChannels) {
    super();
    this.#inbox = inbox;
  }

  applyUpdate(update: InboxUpdate) {
    return this.#inbox.applyUpdate(update);
  }
}
