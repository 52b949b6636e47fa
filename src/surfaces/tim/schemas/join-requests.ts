import { z } from "zod";
import { LIMITS } from "../../../domain/limits.ts";
import { textUpTo } from "../../../domain/text.ts";
import { integer } from "../../../http/fields.ts";
import { groupID, userID } from "../ids.ts";

/** The token in the notification of a join request. It proves that the caller received this notification. */
const Token = { authentication: z.string().max(128), messageKey: integer.pipe(z.int().positive()) };

/** A join request, as clients assemble it. */
const Application = z.object({ applicant: userID, groupID, ...Token });

/** The same, inside the message of its notification. */
const NotificationMessage = z
  .object({
    payload: z.object({ operatorID: userID, groupProfile: z.object({ groupID }), ...Token }),
  })
  .transform(({ payload: { operatorID, groupProfile, ...token } }) => {
    return { applicant: operatorID, ...groupProfile, ...token };
  });

/**
 * `handleGroupApplication`: the join request is named by the message of its notification, or by its fields.
 */
export const Decision = z
  .object({
    handleAction: z.enum(["Agree", "Reject"]),
    handleMessage: textUpTo(LIMITS.joinRequest).default(""),
    message: NotificationMessage.optional(),
    application: Application.optional(),
  })
  .transform(({ handleAction, handleMessage, message, application = message }, context) => {
    if (!application) {
      context.addIssue({ code: "custom", path: ["message"], message: "must be there, or application" });
      return z.NEVER;
    }
    const { groupID, applicant, authentication, messageKey: joinRequestId } = application;
    const accept = handleAction === "Agree";
    return {
      groupID,
      decision: { applicant, authentication, joinRequestId, accept, message: handleMessage },
    };
  });
