import { RpcTarget } from "cloudflare:workers";
import type { InboxUpdate } from "../domain/sync/inbox-update.ts";
import { BACKUP_CALLS, BACKUP_HOST } from "../object/backup/calls.ts";
import type { CallMethods } from "../object/calls/object-call.ts";
import { serveCalls } from "../object/calls/serve-calls.ts";
import { INBOX_CALLS } from "./calls.ts";
import { InboxLifecycle } from "./lifecycle.ts";

/** The inbox of one user: their sessions, device sockets, list, notifications and presence. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: `serveCalls` defines the methods of the interface
export abstract class InboxObject extends InboxLifecycle {
  static {
    serveCalls(InboxObject.prototype, INBOX_CALLS, {
      charge: (object, _, weight) => object.charge(weight),
      load: (object) => object.ensureLoaded(),
      isStored: (object) => object.exists,
    });
    serveCalls(InboxObject.prototype, BACKUP_CALLS, BACKUP_HOST);
  }

  /** Opens a channel for further calls, until its caller closes it. @see CallChannels */
  openCalls(): InboxChannelEnd {
    return new InboxChannelEnd(this);
  }
}

/** The methods of its calls. */
export interface InboxObject extends CallMethods<typeof INBOX_CALLS & typeof BACKUP_CALLS> {}

/** The calls that conversations make often. */
type OverChannels = Pick<CallMethods<typeof INBOX_CALLS>, "applyUpdate">;

/** The end of a channel at an inbox: the calls that conversations make over it. @see CallChannels */
class InboxChannelEnd extends RpcTarget implements OverChannels {
  readonly #inbox: OverChannels;

  constructor(inbox: OverChannels) {
    super();
    this.#inbox = inbox;
  }

  applyUpdate(update: InboxUpdate) {
    return this.#inbox.applyUpdate(update);
  }
}
