import { z } from "zod";
import { LIMITS } from "../../../domain/limits.ts";
import { textUpTo } from "../../../domain/text.ts";
import { integer } from "../../../http/fields.ts";
import { groupID, userID } from "../ids.ts";

/** What the notice of an application has, which its number does not tell of those of others. */
const Token = { authentication: z.string().max(128), messageKey: integer.pipe(z.int().positive()) };

/** An application, as clients put it together. */
const Application = z.object({ applicant: userID, groupID, ...Token });

/** The same, as the notice itself has it. */
const NoticeMessage = z
  .object({
    payload: z.object({ operatorID: userID, groupProfile: z.object({ groupID }), ...Token }),
  })
  .transform(({ payload: { operatorID, groupProfile, ...token } }) => {
    return { applicant: operatorID, ...groupProfile, ...token };
  });

/** `handleGroupApplication`: the application by its notice, or in a few words. */
export const Decision = z
  .object({
    handleAction: z.enum(["Agree", "Reject"]),
    handleMessage: textUpTo(LIMITS.application).default(""),
    message: NoticeMessage.optional(),
    application: Application.optional(),
  })
  .transform(({ handleAction, handleMessage, message, application = message }, context) => {
    if (!application) {
      context.addIssue({ code: "custom", path: ["message"], message: "must be there, or application" });
      return z.NEVER;
    }
    const { groupID, applicant, authentication, messageKey: applicationId } = application;
    const accept = handleAction === "Agree";
    return {
      groupID,
      decision: { applicant, authentication, applicationId, accept, message: handleMessage },
    };
  });
