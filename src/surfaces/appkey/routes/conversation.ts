import { Hono } from "hono";
import { openDirectByNumber } from "../../../core/conversations/conversations.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { checked, fieldsOf } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { succeed } from "../envelope.ts";
import { BODY, Opening, wireId } from "../schemas.ts";

export const conversation = new Hono<CallerEnv>({ strict: false });

/** 创建对话: creates or finds the direct conversation with `passiveuser`. */
conversation.post("/conversation", authenticated, async (c) => {
  const { passiveuser } = checked(Opening, await fieldsOf(c.req.raw, BODY));
  const { core, caller } = c.var;
  const { conversation } = await openDirectByNumber(core, caller.userId, passiveuser, { forBoth: true });
  const match = [caller.userId, passiveuser].map(String);
  return succeed(c, { conversationid: wireId(conversation.id), match });
});
