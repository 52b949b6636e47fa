import { UNKNOWN_CODES } from "../../errors.ts";
import type { Statuses } from "../../use-cases/contacts/status.ts";

/** The SDK's numbers of what a user's devices are. */
const [ONLINE, OFFLINE] = [1, 2];

/** Whether users are online. */
export function serializeStatuses({ found, unknown }: Statuses) {
  return {
    successUserList: found.map(({ username, online }) => ({
      ...{ userID: username, statusType: online ? ONLINE : OFFLINE, customStatus: "" },
    })),
    failureUserList: serializeUnknown(unknown),
  };
}

/** The names that no user has. */
export function serializeUnknown(names: string[]) {
  return names.map((userID) => ({
    ...{ userID, code: UNKNOWN_CODES.user, message: "There is no such user." },
  }));
}
