import { RpcTarget } from "cloudflare:workers";
import type { DeviceSendRequest, TakeSendResult } from "../domain/ports.ts";
import { BACKUP_HOST } from "../object/backup/calls.ts";
import type { CallMethods } from "../object/calls/object-call.ts";
import { serveCalls } from "../object/calls/serve-calls.ts";
import { CONVERSATION_BACKUP_CALLS } from "./backup/calls.ts";
import { CONVERSATION_CALLS } from "./calls.ts";
import { ConversationLifecycle } from "./lifecycle.ts";

/** The Durable Object of a conversation. */
export abstract class ConversationObject extends ConversationLifecycle {
  static {
    serveCalls(ConversationObject.prototype, CONVERSATION_CALLS, {
      charge: (object, input, weight) => object.charge(input, weight),
      load: (object, input) => object.loadFor(input),
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

/** The calls that inboxes make often. */
type OverChannels = Pick<CallMethods<typeof CONVERSATION_CALLS>, "sendFromDevice">;

/** The end of a channel at a conversation: the calls that inboxes make over it. @see CallChannels */
class ConversationChannelEnd extends RpcTarget implements OverChannels {
  readonly #conversation: OverChannels;

  constructor(conversation: OverChannels) {
    super();
    this.#conversation = conversation;
  }

  sendFromDevice(input: DeviceSendRequest, take: TakeSendResult) {
    return this.#conversation.sendFromDevice(input, take);
  }
}
