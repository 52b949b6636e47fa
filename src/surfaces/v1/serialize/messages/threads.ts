import type { z } from "@hono/zod-openapi";
import type { FollowedThread } from "../../../../core/messages/threads.ts";
import type { ThreadState } from "../../../../domain/messages/thread.ts";
import type { ThreadState as StateShape, Thread } from "../../schemas/messages/threads.ts";
import { serializeMessage } from "./messages.ts";

/** The caller's own state of a thread as v1 shows it. */
export function serializeThreadState(state: ThreadState): z.infer<typeof StateShape> {
  return { following: state.isFollowing, read_seq: state.readSeq, unread_count: state.unreadCount };
}

/** A followed thread as v1 shows it. */
export function serializeThread({ root, ...state }: FollowedThread): z.infer<typeof Thread> {
  return { root: serializeMessage(root), ...serializeThreadState(state) };
}
