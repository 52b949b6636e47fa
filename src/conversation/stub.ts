import type { ConversationId } from "../domain/ids.ts";
import type { Timing } from "../domain/timing.ts";
import { CallChannels } from "../object/calls/call-channels.ts";
import { rpcClient } from "../object/calls/rpc.ts";
import { requestSocket } from "../object/socket-host.ts";
import { ArchiveStubs } from "./archives/object/stub.ts";
import { CONVERSATION_BACKUP_CALLS } from "./backup/calls.ts";
import { CONVERSATION_CALLS } from "./calls.ts";
import type { ConversationObject } from "./object.ts";
import { RelayStubs } from "./relays/object/stub.ts";
import { relayIn } from "./relays/placement.ts";
import type { RoomOpening } from "./sockets/room-opening.ts";

export { ArchiveStubs, RelayStubs };

/** The calls that an inbox makes for each message of a device. */
const OVER_CHANNELS = ["sendFromDevice"] as const;

const CALLS = { ...CONVERSATION_CALLS, ...CONVERSATION_BACKUP_CALLS };

/**
 * The calls of conversation objects, by conversation id: a method for each entry of `CONVERSATION_CALLS`
 * (`calls/`), and their sockets.
 */
export class ConversationStubs extends rpcClient<typeof CALLS, ConversationId>(CALLS, OVER_CHANNELS) {
  readonly #namespace: DurableObjectNamespace<ConversationObject>;

  /**
   * @param timing of repeated calls
   * @param channels their timing, for an object, which may call one conversation often; absent: each call has
   *   a stub of its own
   */
  constructor(
    namespace: DurableObjectNamespace<ConversationObject>,
    timing: Timing["rpcRetry"],
    channels?: Timing["callChannels"],
  ) {
    const stubOf = (id: ConversationId) => namespace.getByName(String(id));
    super(stubOf, timing, channels && new CallChannels((id) => stubOf(id).openCalls(), channels));
    this.#namespace = namespace;
  }

  /**
   * Asks the object for a socket, or the relay to which it leaves the socket. The request is a new one that
   * names the session: no token leaves the Worker.
   * @returns 101, or a `Failure` as JSON with status 409
   */
  async openSocket(
    conversationId: ConversationId,
    opening: RoomOpening,
    relays: Pick<RelayStubs, "openSocket">,
  ): Promise<Response> {
    const answer = await requestSocket(this.#namespace.getByName(String(conversationId)), opening);
    const relay = await relayIn(answer);
    return relay === null ? answer : relays.openSocket({ conversationId, relay }, opening);
  }
}
