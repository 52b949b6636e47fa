import type { UserId } from "../domain/ids.ts";
import type { Timing } from "../domain/timing.ts";
import { BACKUP_CALLS } from "../object/backup/calls.ts";
import { CallChannels } from "../object/calls/call-channels.ts";
import { rpcClient } from "../object/calls/rpc.ts";
import { requestSocket } from "../object/socket-host.ts";
import { INBOX_CALLS } from "./calls.ts";
import type { DeviceOpening } from "./devices/device-socket.ts";
import type { InboxObject } from "./object.ts";

/** The calls that a conversation makes for each of its messages. */
const OVER_CHANNELS = ["applyUpdate"] as const;

const CALLS = { ...INBOX_CALLS, ...BACKUP_CALLS };

/**
 * The calls of inbox objects, by user id: a method for each entry of `INBOX_CALLS` (`calls/`), and their
 * sockets.
 */
export class InboxStubs extends rpcClient<typeof CALLS, UserId>(CALLS, OVER_CHANNELS) {
  readonly #namespace: DurableObjectNamespace<InboxObject>;

  /**
   * @param timing of repeated calls
   * @param channels their timing, for an object, which may call one inbox often; absent: each call has a stub
   *   of its own
   */
  constructor(
    namespace: DurableObjectNamespace<InboxObject>,
    timing: Timing["rpcRetry"],
    channels?: Timing["callChannels"],
  ) {
    const stubOf = (id: UserId) => namespace.getByName(String(id));
    super(stubOf, timing, channels && new CallChannels((id) => stubOf(id).openCalls(), channels));
    this.#namespace = namespace;
  }

  /**
   * Asks the object for a socket of one of the user's devices. The request is a new one that names the
   * session: no token leaves the Worker.
   * @returns 101, or a `Failure` as JSON with status 409
   */
  openSocket(id: UserId, opening: DeviceOpening): Promise<Response> {
    return requestSocket(this.#namespace.getByName(String(id)), opening);
  }
}
