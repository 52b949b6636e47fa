export { type Api, type CallOptions, claimsOf, type GetToken } from "./api/api.ts";
export type { components, paths } from "./api/openapi.d.ts";
export type { Input, Method, Output, PathOf } from "./api/operations.ts";
export { type FailureCode, Problem } from "./api/problem.ts";
export type { Keeper } from "./cache/keeper.ts";
export { Chat, type ChatOptions } from "./chat.ts";
export type { ClientSocket, OpenSocket } from "./connection/link.ts";
export type { OutboxItem } from "./outbox/item.ts";
export type { Uploader } from "./outbox/uploader.ts";
export type { ChatState } from "./store/chat-state.ts";
export type { Connection } from "./sync/engine.ts";
export type {
  Conversation,
  ConversationEntry,
  Draft,
  LastMessage,
  Message,
  NewMessage,
  Profile,
  ServerFrame,
  UploadedFile,
} from "./types.ts";
export type { ConversationWindow } from "./window/conversation-window.ts";
export type { WindowView } from "./window/view.ts";
