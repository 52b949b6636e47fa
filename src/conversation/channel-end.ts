import { RpcTarget } from "cloudflare:workers";
import type { DeviceSendRequest, TakeSendResult } from "../domain/ports.ts";
import type { CallMethods } from "../object/calls/object-call.ts";
import type { CONVERSATION_CALLS } from "./calls.ts";

/** The calls that inboxes make often. */
type OverChannels = Pick<CallMethods<typeof CONVERSATION_CALLS>, "sendFromDevice">;

/** The end of a channel at a conversation: the calls that inboxes make over it. @see CallChannels */
export class ConversationChannelEnd extends RpcTarget implements OverChannels {
  readonly #conversation: OverChannels;

  constructor(conversation: OverChannels) {
    super();
    this.#conversation = conversation;
  }

  sendFromDevice(input: DeviceSendRequest, take: TakeSendResult) {
    return this.#conversation.sendFromDevice(input, take);
  }
}
