/** What of a profile hardly any conversation has, and how it is when nothing was ever changed. */
export const PLAIN = {
  handle: null,
  muteAll: false,
  maxMembers: null,
  customFields: {},
  version: 0,
  changedAt: 0,
};
