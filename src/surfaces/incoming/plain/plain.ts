import { z } from "zod";
import { IncomingHookName } from "../../../domain/conversations/incoming-hook.ts";
import { httpUrl } from "../../../domain/http-url.ts";
import { Seq } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { MessageText } from "../../../domain/messages/content.ts";
import { checked } from "../../../http/fields.ts";
import { requireSound } from "../../../http/json.ts";
import { answerAsJson } from "../answers.ts";
import { refuseAsJson } from "../errors.ts";
import type { Shape } from "../shape.ts";

const Body = z.object({
  text: MessageText,
  name: IncomingHookName.optional(),
  avatar: httpUrl(LIMITS.url, "must be an http(s) URL").optional(),
  thread: Seq.optional(),
  client_msg_id: z.string().min(1).max(LIMITS.clientMsgId).optional(),
});

/** Parley's own shape. As it is written for Parley, what is wrong is refused. */
export const plain: Shape = {
  read: ({ body }) => {
    requireSound(body, "body");
    const { client_msg_id: id, ...post } = checked(z.object({ body: Body }), { body }).body;
    return { ...post, key: id === undefined ? undefined : `client ${id}` };
  },
  answer: answerAsJson,
  refuse: refuseAsJson,
};
