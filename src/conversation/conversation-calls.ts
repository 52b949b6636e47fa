import { RpcTarget } from "cloudflare:workers";
import type { Result } from "../domain/errors.ts";
import type { DeviceSendRequest, DeviceSendResult, TakeSendResult } from "../domain/ports.ts";

/** A conversation, as far as inboxes call it often. */
interface DeviceConversation {
  sendFromDevice(input: DeviceSendRequest, take: TakeSendResult): Promise<Result<DeviceSendResult | null>>;
}

/** The end of a channel at a conversation: the calls that inboxes make over it. @see CallChannels */
export class ConversationCalls extends RpcTarget {
  readonly #conversation: DeviceConversation;

  constructor(conversation: DeviceConversation) {
    super();
    this.#conversation = conversation;
  }

  /** @see ConversationObject.sendFromDevice */
  sendFromDevice(input: DeviceSendRequest, take: TakeSendResult): Promise<Result<DeviceSendResult | null>> {
    return this.#conversation.sendFromDevice(input, take);
  }
}
