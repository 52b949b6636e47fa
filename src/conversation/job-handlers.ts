import { UserId } from "../domain/ids.ts";
import { HookId } from "../domain/server/hook.ts";
import type { JobTable } from "../object/jobs/job-table.ts";
import type { ConversationComponents } from "./components.ts";
import type { ConversationJobKind } from "./jobs.ts";
import type { Room } from "./room.ts";

/** What runs each alarm job of a conversation, and how. */
export const CONVERSATION_JOBS: JobTable<ConversationJobKind, ConversationComponents> = {
  fanout: async ({ room, relays, timing }) => {
    // The marker stands for changes that wait for their announcement, too, and for relays.
    room.changeFeed.flush();
    const due = await room.fanout.repair();
    return due ?? ((await relays.repair()) ? Date.now() + timing.retryMarker.dueMs : null);
  },
  failed_updates: ({ room }) => room.fanout.retryFailed(),
  projection: ({ room }) => room.projection.runOnce(),
  index: ({ room, timing }) => room.search.indexing.repair(Date.now() + timing.retryMarker.dueMs),
  expiry: ({ sockets }) => {
    const now = Date.now();
    sockets.kick((socket) => socket.expiresAt <= now, "token_expired");
    return sockets.nextExpiry();
  },
  notifications: ({ room }) => room.outbox.repair(),
  files: { run: ({ room }) => room.fileReferences.run(), isPrompt: true },
  released_files: {
    run: ({ room }, key, _, tries) => room.releasedFiles.run(key, tries),
    ...{ isPrompt: true, isSecret: true },
  },
  edit_history: ofDeletedUser(({ editing }, userId) => editing.forget(userId)),
  deleted_reactions: ofDeletedUser(({ reactions }, userId) => reactions.forget(userId)),
  deleted_votes: ofDeletedUser(({ polls }, userId) => polls.forget(userId)),
  hooks: { run: ({ room }, key) => room.hooks.run(HookId.parse(key)), isBeside: true },
  link_previews: {
    run: ({ room }, key, _, tries) => room.messagePreviews.run(key, tries),
    isBeside: true,
  },
  erased_messages: ({ room }, key) => {
    room.redaction.goOnErasing(key);
    return null;
  },
  retention: ({ room }) => room.retention.run(),
  archiving: { run: ({ room }) => room.moving.run(), isBeside: true },
  size: ({ room }) => room.space.report(),
  direct_permission: ({ room }) => room.directPermission.repair(),
};

/** A job whose key is a user. What is left is scheduled anew. */
function ofDeletedUser(removeSome: (room: Room, userId: UserId) => void) {
  return ({ room }: ConversationComponents, key: string) => {
    removeSome(room, UserId.parse(Number(key)));
    return null;
  };
}
