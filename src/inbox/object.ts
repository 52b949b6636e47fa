import { BACKUP_CALLS, BACKUP_HOST } from "../object/backup/calls.ts";
import type { CallMethods } from "../object/calls/object-call.ts";
import { serveCalls } from "../object/calls/serve-calls.ts";
import { INBOX_CALLS } from "./calls.ts";
import { InboxChannelEnd } from "./channel-end.ts";
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
