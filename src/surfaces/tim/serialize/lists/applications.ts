import { wireGroupID } from "../../ids.ts";
import type { GroupApplication } from "../../use-cases/contacts/group-applications.ts";

/** The SDK's number of a request to join; others are invitations, which join at once here. */
const TO_JOIN = 0;

/** An open join request, as `handleGroupApplication` takes it back. */
export function serializeGroupApplication({
  group,
  applicant,
  id,
  authentication,
  message,
}: GroupApplication) {
  const { username, nickname, avatar } = applicant;
  return {
    ...{ applicant: username, applicantNick: nickname, applicantAvatar: avatar },
    ...{ groupID: wireGroupID(group.id, group.handle), groupName: group.name },
    ...{ applicationType: TO_JOIN, userID: "", note: message, authentication, messageKey: id },
  };
}
