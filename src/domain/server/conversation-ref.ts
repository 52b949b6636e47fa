import { ConversationId } from "../ids.ts";
import { type Ref, refJson, refText } from "./user-ref.ts";

/** A conversation as a backend names it: by its id, or by the backend's own. */
export type ConversationRef = Ref<ConversationId>;

/** A conversation as JSON names it: by a number, or by `ext:` and the backend's id. */
export const ConversationRefJson = refJson(ConversationId, "a conversation");

/** A conversation as a path names it: `7`, or `ext:` and the backend's id, after decoding. */
export const ConversationRefText = refText(ConversationId, "a conversation");
