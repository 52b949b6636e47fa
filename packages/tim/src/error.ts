import type { Fields } from "./types.ts";

/** Codes that the library itself gives or knows. All others are those of the server. */
export const CODES = {
  /** the method has to wait for SDK_READY */
  notReady: 2_999,
  network: 2_800,
  /** the token is not one of this user */
  otherUser: 70_013,
  /** a feature that this server does not have */
  unsupported: 3_122,
  sessionOver: 70_001,
  /** there is no such conversation, or the user may not see it */
  noConversation: 2_500,
} as const;

/** Why a method has failed. */
export class ChatError extends Error {
  readonly code: number;
  readonly data: Fields;

  constructor(code: number, message: string, data: Fields = {}) {
    super(message);
    this.name = "ChatError";
    this.code = code;
    this.data = data;
  }
}

export const unsupported = (name: string): ChatError =>
  new ChatError(CODES.unsupported, `${name}: this server does not have that`);
