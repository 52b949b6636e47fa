import { BACKUP_HOST } from "../object/backup/calls.ts";
import type { CallMethods } from "../object/calls/object-call.ts";
import { serveCalls } from "../object/calls/serve-calls.ts";
import { CONVERSATION_BACKUP_CALLS } from "./backup/calls.ts";
import { CONVERSATION_CALLS } from "./calls.ts";
import { ConversationChannelEnd } from "./channel-end.ts";
import { ConversationLifecycle } from "./lifecycle.ts";

/** The Durable Object of a conversation. */
export abstract class ConversationObject extends ConversationLifecycle {
  static {
    serveCalls(ConversationObject.prototype, CONVERSATION_CALLS, {
      charge: (object, input, weight) => object.charge(input, weight),
      load: (object) => object.ensureLoaded(),
      isStored: (object) => object.exists,
    });
    serveCalls(ConversationObject.prototype, CONVERSATION_BACKUP_CALLS, BACKUP_HOST);
  }

  /** Opens a channel for further calls, until its caller closes it. @see CallChannels */
  openCalls(): ConversationChannelEnd {
    return new ConversationChannelEnd(this);
  }
}

/** The methods of its calls. */
export interface ConversationObject
  extends CallMethods<typeof CONVERSATION_CALLS & typeof CONVERSATION_BACKUP_CALLS> {}
