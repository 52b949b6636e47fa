import { TYPES } from "../constants.ts";
import { objectIn } from "../json.ts";
import { unstored } from "../state/wire.ts";
import type { Message, User } from "../types.ts";

/** What the SDK's components write into a custom message that says that somebody is typing. */
const TYPING = "user_typing_status";
const STARTED = { userAction: 14, actionParam: "EIMAMSG_InputStatus_Ing" };

/** Whether a message says that its sender is typing; null: it says something else. */
export function typingIn({ type, payload }: Message): boolean | null {
  const data = type === TYPES.MSG_CUSTOM ? objectIn(payload.data) : undefined;
  return data?.businessID === TYPING ? data.typingStatus === 1 : null;
}

/** The message by which an app hears that somebody is typing. Nobody stores it. */
export function typingMessage(
  { userID: from, nick, avatar }: User,
  conversationID: string,
  to: string,
): Message {
  const data = { businessID: TYPING, typingStatus: 1, version: 1, ...STARTED };
  return unstored({
    ...{ ID: `${from}-${Date.now()}-0`, type: TYPES.MSG_CUSTOM, to, from, nick, avatar },
    ...{ conversationID, conversationType: TYPES.CONV_C2C },
    payload: { data: JSON.stringify(data), description: "", extension: "" },
  });
}
