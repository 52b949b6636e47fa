// One conversation: its Durable Object (`object.ts`, `lifecycle.ts`), its calls (`calls/`), its stub, and the
// room inside (`room.ts`). Each feature has a folder. The files here wire the features together: start-up,
// jobs, schema. A new feature goes into a folder and takes `RoomContext`; `room/features.ts` makes it.

import type { CallMethods } from "../object/calls/object-call.ts";
import { serveCalls } from "../object/calls/serve-calls.ts";
import { CONVERSATION_CALLS } from "./calls.ts";
import { ConversationCalls } from "./conversation-calls.ts";
import { ConversationLifecycle } from "./lifecycle.ts";

/** The Durable Object of a conversation. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: `serveCalls` defines the methods of the interface
export abstract class ConversationObject extends ConversationLifecycle {
  static {
    serveCalls(ConversationObject.prototype, CONVERSATION_CALLS, {
      charge: (object, input, weight) => object.charge(input, weight),
      load: (object) => object.ensureLoaded(),
      isStored: (object) => object.exists,
    });
  }

  /** Opens a channel for further calls, until its caller closes it. @see CallChannels */
  openCalls(): ConversationCalls {
    return new ConversationCalls(this);
  }
}

/** The methods of its calls. */
export interface ConversationObject extends CallMethods<typeof CONVERSATION_CALLS> {}
