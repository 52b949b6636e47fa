import { z } from "@hono/zod-openapi";
import { IncomingHookName } from "../../../domain/conversations/incoming-hook.ts";
import { httpUrl } from "../../../domain/http-url.ts";
import { UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { Time } from "../common.ts";

const ID = "4f2-9b1c0e7d5a3f4826";

/** Any text: one that is no id names no hook. */
export const IncomingHookIdParam = z.string().openapi({ example: ID });

export const NewIncomingHook = z
  .object({
    name: IncomingHookName.meta({
      description: "Its messages are shown under it, unless they name another one",
      example: "Builds",
    }),
    avatar: z
      .union([z.literal(""), httpUrl(LIMITS.url, "must be an http(s) URL")])
      .optional()
      .openapi({ description: "An http(s) URL; empty or absent: none" }),
  })
  .openapi("NewIncomingHook", { example: { name: "Builds" } });

export const IncomingHook = z
  .object({
    id: z.string().openapi({ example: ID }),
    name: z.string(),
    avatar: z.string(),
    created_by: UserId.meta({
      description: "Who answers for it: its maker, or who has given it its newest URL",
    }),
    created_at: Time,
    waiting: z.boolean().openapi({
      description:
        "That user is no admin of the group any more: what is posted is refused until another admin gives the hook a new URL",
    }),
  })
  .openapi("IncomingHook");

export const IncomingHookWithUrl = z
  .object({
    ...IncomingHook.shape,
    url: z.string().openapi({
      description:
        "Where the service posts. Whoever has it can write in the group: show it to nobody else. No other call shows it again",
      example: `https://chat.example.org/hooks/${ID}/5f0c7d1e2b3a49588d6e7f8091a2b3c4`,
    }),
  })
  .openapi("IncomingHookWithUrl");

export const IncomingHooks = z
  .object({ items: z.array(IncomingHook).max(LIMITS.incomingHooks) })
  .openapi("IncomingHooks");
