import { z } from "@hono/zod-openapi";
import { ConversationId } from "../../../../domain/ids.ts";
import { ConversationRefJson } from "../../../../domain/server/conversation-ref.ts";
import {
  HookEventType,
  HookId,
  HookState,
  MAX_HOOK_CONVERSATIONS,
  SENDING,
} from "../../../../domain/server/hook.ts";
import { Time } from "../../common.ts";

const Events = z
  .array(z.enum([...HookEventType.options, "*", SENDING]))
  .min(1)
  .openapi({
    description:
      "What the hook is told of; `*`: everything, events of later releases too. `message.sending` alone: it is asked before a message is stored or edited",
  });

const GATE = {
  timeout_ms: z.int().min(100).max(1_500).optional().openapi({
    description: "Of `message.sending`: how long an answer may take; 1,000 if absent",
  }),
  on_failure: z.enum(["allow", "refuse"]).optional().openapi({
    description: "Of `message.sending`: whether a message is stored without an answer; `allow` if absent",
  }),
};

const ConversationRef = ConversationRefJson.clone().openapi("ConversationRef", {
  type: ["integer", "string"],
  description: "A conversation: the `id`, or `ext:` and your own id of it",
  example: "ext:course-7",
});

const Conversations = z
  .array(z.lazy(() => ConversationRef))
  .min(1)
  .max(MAX_HOOK_CONVERSATIONS)
  .openapi({ description: "The only conversations that it is told of. Without them: all, and users" });

const Url = z.string().max(2_048).openapi({
  description:
    "https, a name that leads to public addresses, port 443 or one above 1023. Redirects are not followed",
});

export const NewHook = z
  .object({ url: Url, events: Events, conversations: Conversations.optional(), ...GATE })
  .openapi("NewHook");

export const HookChange = z
  .object({
    url: Url.optional(),
    events: Events.optional(),
    conversations: Conversations.nullable().optional(),
    ...GATE,
    state: z.literal("active").optional().openapi({
      description: "Makes a hook active again that was disabled: it goes on with the event that had failed",
    }),
  })
  .openapi("HookChange");

export const Hook = z
  .object({
    id: HookId,
    url: z.string(),
    events: Events,
    conversations: z.array(ConversationId).nullable(),
    ...GATE,
    state: HookState.clone().openapi({
      description: "`disabled`: three days without a success. `gone`: it has answered 410",
    }),
    created_at: Time,
    last_success_at: Time.nullable().openapi({ description: "Noted once an hour; null: never" }),
  })
  .openapi("Hook", { description: "An address of the team's backend that is told of what happens" });

export const Hooks = z.object({ items: z.array(Hook) }).openapi("Hooks");

const Secret = z.string().openapi({
  description: "`whsec_` and 32 bytes in base64: verify calls with it. It is shown once",
});

export const CreatedHook = z.object({ ...Hook.shape, secret: Secret }).openapi("CreatedHook");

export const RotatedHook = z.object({ secret: Secret }).openapi("RotatedHook");

export const HookTest = z
  .object({
    status: z.int().nullable().openapi({ description: "Of the answer; null: there was none" }),
    detail: z.string(),
  })
  .openapi("HookTest");

export const HookReplay = z
  .object({ since: Time.openapi({ description: "What came since then is told again" }) })
  .openapi("HookReplay");

export const FailedDeliveries = z
  .object({
    items: z.array(
      z.object({
        id: z.string().openapi({ description: "The `webhook-id`" }),
        type: HookEventType,
        conversation_id: ConversationId.nullable(),
        tries: z.int(),
        status: z.int().nullable().openapi({ description: "Of the last answer; null: there was none" }),
        error: z.string(),
        failed_at: Time,
        next_at: Time.openapi({ description: "When it is tried again, unless the hook has ended" }),
      }),
    ),
  })
  .openapi("FailedDeliveries");
