import type { DraftView, SentDraft } from "../../../core/drafts/drafts.ts";
import { Position } from "../../../domain/ids.ts";
import { wireGroupID } from "../ids.ts";
import { serializeMessage, serializeUnsent } from "./messages.ts";
import type { Stage } from "./setting.ts";

const NOTHING = Position.parse(0);

/** A message that was made and not sent, as its maker sees it. */
export function serializeDraft(draft: DraftView) {
  const { id, to, sender, profiles } = draft;
  const stage: Stage =
    to.type === "direct"
      ? { kind: "direct", peer: { username: to.username }, peerReadSeq: NOTHING }
      : { kind: "group", groupID: "id" in to.group ? String(to.group.id) : to.group.handle, name: "" };
  return serializeUnsent(id, draft, sender, { caller: sender, stage, profiles });
}

/** A message that was sent, as its sender sees it. */
export function serializeSent({ message, destination, peerReadSeq, profiles }: SentDraft) {
  const { kind, conversationId, handle, peerName } = destination;
  const stage: Stage =
    kind === "direct"
      ? { kind, peer: { username: peerName }, peerReadSeq }
      : { kind, groupID: wireGroupID(conversationId, handle), name: "" };
  return { message: serializeMessage(message, { caller: message.sender, stage, profiles }) };
}
