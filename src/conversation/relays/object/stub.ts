import type { Timing } from "../../../domain/timing.ts";
import { rpcClient } from "../../../object/calls/rpc.ts";
import { requestSocket } from "../../../object/socket-host.ts";
import type { RoomOpening } from "../../sockets/room-opening.ts";
import type { RelayId } from "../relay-update.ts";
import { RELAY_CALLS } from "./calls.ts";
import type { RelayObject } from "./object.ts";

/** The calls of relays, and their sockets. */
export class RelayStubs extends rpcClient<typeof RELAY_CALLS, RelayId>(RELAY_CALLS) {
  readonly #namespace: DurableObjectNamespace<RelayObject>;

  constructor(namespace: DurableObjectNamespace<RelayObject>, timing: Timing["rpcRetry"]) {
    super((id) => namespace.getByName(nameOf(id)), timing);
    this.#namespace = namespace;
  }

  /** @see ConversationStubs.openSocket */
  openSocket(id: RelayId, opening: RoomOpening): Promise<Response> {
    return requestSocket(this.#namespace.getByName(nameOf(id)), opening);
  }
}

function nameOf({ conversationId, relay }: RelayId): string {
  return `${conversationId}-${relay}`;
}
