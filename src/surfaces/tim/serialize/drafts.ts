import { Position } from "../../../domain/ids.ts";
import { wireGroupID } from "../ids.ts";
import type { DraftView, SentDraft } from "../use-cases/drafts.ts";
import type { showOnline } from "../use-cases/online.ts";
import type { WireConversation } from "./context.ts";
import { serializeMessage, serializeOnline, serializeUnsent } from "./messages.ts";

const NOTHING_READ = Position.parse(0);

/** A draft as its creator sees it. */
export function serializeDraft(draft: DraftView) {
  const { id, to, sender, profiles } = draft;
  const wireConversation: WireConversation =
    to.type === "direct"
      ? { kind: "direct", peer: { username: to.username }, peerReadSeq: NOTHING_READ }
      : { kind: "group", groupID: "id" in to.group ? String(to.group.id) : to.group.handle, name: "" };
  return serializeUnsent(id, draft, sender, { caller: sender, wireConversation, profiles });
}

/** A sent message as its sender sees it. */
export function serializeSent({ message, destination, peerReadSeq, profiles }: SentDraft) {
  const { kind, conversationId, handle, peerName } = destination;
  const wireConversation: WireConversation =
    kind === "direct"
      ? { kind, peer: { username: peerName }, peerReadSeq }
      : { kind, groupID: wireGroupID(conversationId, handle), name: "" };
  return { message: serializeMessage(message, { caller: message.sender, wireConversation, profiles }) };
}

/** A message that nothing stores, as its sender sees it. */
export function serializeShownOnline({ message, destination }: Awaited<ReturnType<typeof showOnline>>) {
  return { message: serializeOnline(message, message.sender, true, destination.peerName) };
}
