/** The profile fields that few conversations set, with their defaults. */
export const DEFAULT_PROFILE = {
  handle: null,
  discoverable: null,
  threads: true,
  muteAll: false,
  maxMembers: null,
  customFields: {},
  version: 0,
  changedAt: 0,
};
