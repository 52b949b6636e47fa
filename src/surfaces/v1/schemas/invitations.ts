import { z } from "@hono/zod-openapi";
import { UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { User } from "../accounts/users.ts";
import { pageShape, Time } from "../common.ts";
import { Group } from "./groups.ts";

const CODE = "4f2-9b1c0e7d5a3f48268c0d1e2f3a4b5c6d";
const Code = z.string().openapi({
  description: "Opaque. Whoever has it can join: show it to nobody else",
  example: CODE,
});

/** Any text: one that is no code lets nobody in, as an unknown code. */
export const InvitationCodeParam = z.string().openapi({ example: CODE });

export const InvitationInput = z
  .object({
    expires_in_s: z
      .int()
      .min(LIMITS.invitationMinS)
      .max(LIMITS.invitationMaxS)
      .optional()
      .openapi({ description: "Seconds until the end; a week (604,800) if absent" }),
    max_uses: z
      .int()
      .positive()
      .max(LIMITS.invitationUses)
      .optional()
      .openapi({ description: "How many users it lets in; any number if absent" }),
  })
  .openapi("InvitationInput", { example: { expires_in_s: 86_400, max_uses: 10 } });

export const Invitation = z
  .object({
    code: Code,
    expires_at: Time,
    max_uses: z.int().nullable().openapi({ description: "null: any number" }),
    uses: z.int().openapi({ description: "How many users it has let in" }),
    created_by: UserId,
    created_at: Time,
  })
  .openapi("Invitation");

export const InvitationPage = pageShape(Invitation).openapi("InvitationPage");

export const InvitedGroup = Group.omit({ join_policy: true, owner: true })
  .extend({
    expires_at: Time.openapi({ description: "When the invitation ends" }),
    inviter: User.pick({ username: true, nickname: true, avatar: true })
      .nullable()
      .openapi({ description: "Who made the invitation; null: the account is deleted" }),
  })
  .openapi("InvitedGroup");
