import type { ConversationId } from "../../../domain/ids.ts";
import type { Timing } from "../../../domain/timing.ts";
import { rpcClient } from "../../../object/calls/rpc.ts";
import { ARCHIVE_CALLS } from "./calls.ts";
import type { ArchiveObject } from "./object.ts";

/** Names an archive of a conversation. */
export interface ArchiveId {
  conversationId: ConversationId;
  number: number;
}

/** The calls of archives. */
export class ArchiveStubs extends rpcClient<typeof ARCHIVE_CALLS, ArchiveId>(ARCHIVE_CALLS) {
  constructor(namespace: DurableObjectNamespace<ArchiveObject>, timing: Timing["rpcRetry"]) {
    super(({ conversationId, number }) => namespace.getByName(`${conversationId}-${number}`), timing);
  }
}
