import { z } from "@hono/zod-openapi";
import { OwnUsername, ProfileFields } from "../../../../domain/accounts/user.ts";
import { UserIdParam } from "../../common.ts";
import { User } from "../accounts.ts";

const { nickname, avatar } = ProfileFields.shape;

export const BotParams = z.object({ id: UserIdParam });

export const NewBot = z
  .object({
    username: OwnUsername.optional().openapi({ description: "Absent: one is made up", example: "weather" }),
    nickname: nickname.refine((name) => name !== "", "must not be empty"),
    avatar: avatar.optional(),
  })
  .openapi("NewBot");

export const BotChange = z
  .object({ nickname: nickname.optional(), avatar: avatar.optional() })
  .openapi("BotChange", { description: 'Absent: unchanged; `""` empties it' });

const { bot: _, ...UserFields } = User.shape;
const BotFields = { ...UserFields, bot: z.literal(true) };

export const OwnBot = z.object(BotFields).openapi("OwnBot");
export const OwnBots = z.object({ items: z.array(OwnBot) }).openapi("OwnBots");

export const BotWithToken = z
  .object({
    ...BotFields,
    token: z.string().openapi({ description: "It has no end, and is shown this once: keep it secret" }),
  })
  .openapi("BotWithToken");
