import { type Context, Hono } from "hono";
import type { CallerEnv } from "../../../http/env.ts";
import { bodyFields } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { UNSUPPORTED } from "../errors.ts";
import { BODY } from "../schemas/common.ts";

/** Calls of the SDK that this server does not have, by decision. */
const CALLS = [
  ...["translateText", "convertVoiceToText"],
  ...["setMessageExtensions", "getMessageExtensions", "deleteMessageExtensions"],
];

/** Their answer: the SDK's code for an ability that a server does not have. */
export const unsupported = new Hono<CallerEnv>({ strict: false });

for (const call of CALLS) {
  unsupported.post(`/message/${call}`, authenticated, async (c: Context<CallerEnv>) => {
    await bodyFields(c.req.raw, BODY);
    const msg = `This server has no ${call}.`;
    return c.json({ code: UNSUPPORTED, msg, data: {} });
  });
}
