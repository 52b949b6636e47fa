import { type Context, Hono } from "hono";
import { checkOwnPassword } from "../../../core/accounts/passwords.ts";
import {
  distinguishNotMember,
  setPreferencesEvenAsFormerMember,
} from "../../../core/conversations/conversations.ts";
import type { Preferences } from "../../../domain/conversations/conversation.ts";
import { type ConversationId, Position } from "../../../domain/ids.ts";
import { limitedByAddress } from "../../../http/access/rate-limit.ts";
import { checked } from "../../../http/fields.ts";
import { authenticated, type FormEnv } from "../auth.ts";
import { succeed } from "../envelope.ts";
import { Reading, SecondCheck, Silence, Stickiness, Validation } from "../schemas.ts";

export const flags = new Hono<FormEnv>({ strict: false });

/** 设置二次验证: sets whether a client asks for the password before it shows the conversation. */
flags.post("/user/set_validation", authenticated, async (c) => {
  const { conversation, valid } = checked(Validation, c.var.fields);
  await setFlag(c, conversation, { validation: valid });
  return succeed(c, { Modified: true });
});

/** 二次验证: checks the caller's own password. */
flags.post("/user/secondary_validate", limitedByAddress, authenticated, async (c) => {
  const { password } = checked(SecondCheck, c.var.fields);
  await checkOwnPassword(c.var.core, c.var.caller, password);
  return succeed(c, { Valid: true });
});

/** 设置聊天置顶 */
flags.post("/user/set_sticky_conversation", authenticated, async (c) => {
  const { conversaion: conversation, sticky: pinned } = checked(Stickiness, c.var.fields);
  await setFlag(c, conversation, { pinned });
  return succeed(c, { Revised: true });
});

/** 设置聊天免打扰 */
flags.post("/user/set_silent_conversation", authenticated, async (c) => {
  const { conversation, silent } = checked(Silence, c.var.fields);
  await setFlag(c, conversation, { silent });
  return succeed(c, { Modified: true });
});

/** 设置已读消息位置: moves the read position to a message. */
flags.post("/user/set_read_message", authenticated, async (c) => {
  const { conversation, msg_id } = checked(Reading, c.var.fields);
  const { userId } = c.var.caller;
  await c.var.core.conversations.read(conversation, { userId, seq: Position.parse(msg_id) });
  return succeed(c, { "Set Read Messages": true });
});

/** Sets one of the caller's own preferences, also of a conversation that the caller has left. */
async function setFlag(
  { var: { core, caller } }: Context<FormEnv>,
  id: ConversationId,
  flag: Partial<Preferences>,
): Promise<void> {
  await distinguishNotMember(core, id, () => setPreferencesEvenAsFormerMember(core, caller.userId, id, flag));
}
