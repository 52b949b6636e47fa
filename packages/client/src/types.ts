import type { components } from "./api/openapi.d.ts";

type Schemas = components["schemas"];

/** A message as the server answers it. */
export type Message = Schemas["Message"];
/** A changed message whose body is known. */
export type MessagePart = Schemas["MessagePart"] & { body?: undefined };
/** A conversation as the server answers it, with `kind` `"direct"` or `"group"`. */
export type Conversation = Schemas["Conversation"];
/** A user as messages have them. */
export type Profile = Schemas["Sender"];
/** A user as lists have them. */
export type User = Schemas["User"];
type Mentions = Schemas["Message"]["mentions"];
type Unsent<Sent> = Sent extends unknown ? Omit<Sent, "mentions"> & { mentions?: Mentions | "later" } : never;

/**
 * The content of a message to send: `kind` and `body`, or `forward`; `quote_seq`, `mentions`, `thread`.
 * `mentions: "later"`: the uploader finds out whom it mentions, before it is sent.
 */
export type NewMessage = Unsent<Schemas["NewMessage"]>;
/** An uploaded file. */
export type UploadedFile = Schemas["File"];
/** What the user is writing in a conversation. */
export type Draft = Schemas["ComposerDraft"];

/** The frames of the server, on both kinds of socket. */
export type ServerFrame = Schemas["DeviceServerFrame"] | Schemas["RoomServerFrame"];
/** The frames of the client, on both kinds of socket. */
export type ClientFrame = Schemas["DeviceClientFrame"] | Schemas["RoomClientFrame"];
/** A frame of one type. */
export type Frame<Type extends ServerFrame["type"]> = Extract<ServerFrame, { type: Type }>;

/** What the list shows of the newest message. */
export type LastMessage = Pick<Message, "seq" | "sender" | "kind" | "revoked" | "silent" | "created_at"> & {
  /** the number of its last change; absent in what sockets tell of crowded groups */
  rev?: number;
  body: Message["body"] | Schemas["MessagePreview"]["body"];
};

type Replaced = "last_message" | "unread_from" | "draft";

type Listed = Omit<Schemas["DirectConversation"], Replaced> | Omit<Schemas["GroupConversation"], Replaced>;

/** A conversation as an answer, a frame or a cache has it. Only lists have drafts, only caches mentions. */
export type ConversationState = Listed & {
  last_message: LastMessage | null;
  unread_from?: number | undefined;
  draft?: Draft | undefined;
  mentions?: readonly number[];
};

/**
 * A conversation in the list, with what its sockets tell of it. An entry never changes: a change makes
 * another.
 */
export type ConversationEntry = Listed & {
  last_message: LastMessage | null;
  /** the first message that the user has marked as unread */
  unread_from: number | undefined;
  draft?: Draft | undefined;
  /** the ids of the users who are typing */
  typing: readonly number[];
  /** the `seq` of each unread message that mentions the user */
  mentions: readonly number[];
};
