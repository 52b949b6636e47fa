/** The profile fields that few conversations set, with their defaults. */
export const DEFAULT_PROFILE = {
  handle: null,
  discoverable: null,
  threads: true,
  linkPreviews: true,
  muteAll: false,
  slowModeS: 0,
  viewers: "none",
  maxMembers: null,
  customFields: {},
  metadata: "",
  history: null,
  mayLeave: true,
  retentionDays: null,
  legalHold: false,
  version: 0,
  changedAt: 0,
} as const;
