import { app } from "./app.ts";
import { ConversationObject } from "./conversation/object.ts";
import { InboxObject } from "./inbox/object.ts";

/** One conversation: its order, members, read positions and sockets. */
export class Conversation extends ConversationObject {}

/** One user: the gate of his sockets, his list of conversations. */
export class Inbox extends InboxObject {}

export default {
  fetch: app.fetch,
} satisfies ExportedHandler<Env>;
