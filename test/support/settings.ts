import { env } from "cloudflare:workers";
import { undoAtEnd } from "./shared/undo.ts";

/** Sets `LIVE_MEMBERS` for objects that start from now on. @returns restores it */
export function setLiveMembers(count: number): () => void {
  return set("LIVE_MEMBERS", String(count));
}

/** Sets `MAX_CHANGES` for objects that start from now on. @returns restores it */
export function setMaxChanges(count: number): () => void {
  return set("MAX_CHANGES", String(count));
}

/** Sets `EDIT_WINDOW_S` for objects that start from now on. @returns restores it */
export function setEditWindow(seconds: number): () => void {
  return set("EDIT_WINDOW_S", String(seconds));
}

/** Sets `MAX_UPLOAD_MIB`. @returns restores it */
export function setMaxUpload(mib: number): () => void {
  return set("MAX_UPLOAD_MIB", String(mib));
}

/** Sets `USERSIG_EVENT_NAMES` for objects that start from now on. @returns restores it */
export function setEventNames(names: string): () => void {
  return set("USERSIG_EVENT_NAMES", names);
}

/** Counts no calls, for tests that make more in a minute than a user may. @returns restores it */
export function setNoRateLimits(): () => void {
  return set("RATE_LIMITS", "off");
}

/** Sets `QUOTAS`, which tests are without, for calls and objects that start later. @returns restores it */
export function setQuotas(quotas: string): () => void {
  return set("QUOTAS", quotas);
}

/** Sets `PUBLIC_ORIGIN` for calls and for objects that start from now on. @returns restores it */
export function setPublicOrigin(origin: string): () => void {
  return set("PUBLIC_ORIGIN", origin);
}

type PolicyName =
  | "PROFILES"
  | "DIRECT"
  | "GROUPS"
  | "SPACES"
  | "BOTS"
  | "LOOKUP"
  | "WHO_MAY_WRITE"
  | "WHO_MAY_ADD";

/** Sets what users may do by themselves, or want to be asked: one of the policies. @returns restores it */
export function setPolicy(name: PolicyName, value: string): () => void {
  return set(name, value);
}

/** Has the server answer nothing but a restore of a backup. @returns restores it */
export function setRestoring(): () => void {
  return set("RESTORE", "on");
}

/** Has the hourly job make a daily backup. @returns restores it */
export function setDailyBackup(): () => void {
  return set("BACKUP_TO_R2", "daily");
}

/** Sets `RETENTION_DAYS` for objects that start from now on. @returns restores it */
export function setRetentionDays(days: number): () => void {
  return set("RETENTION_DAYS", String(days));
}

/** Sets `LINK_PREVIEWS` for objects that start from now on. @returns restores it */
export function setLinkPreviews(value: "on" | "off"): () => void {
  return set("LINK_PREVIEWS", value);
}

/** Sets `SPACES_DIRECTORY`. @returns restores it */
export function setSpacesDirectory(value: "on" | "off"): () => void {
  return set("SPACES_DIRECTORY", value);
}

/** Sets `CROWD_MEMBERS` for objects that start from now on. @returns restores it */
export function setCrowdMembers(count: number): () => void {
  return set("CROWD_MEMBERS", String(count));
}

/** Sets `MAX_SPACE_MEMBERS` from now on. @returns restores it */
export function setMaxSpaceMembers(count: number): () => void {
  return set("MAX_SPACE_MEMBERS", String(count));
}

/** Sets `AUDIENCE_RATE` for objects that start from now on. @returns restores it */
export function setAudienceRate(messages: number): () => void {
  return set("AUDIENCE_RATE", String(messages));
}

/** Sets `ARCHIVE_MIB` for objects that start from now on. @returns restores it */
export function setArchiveMib(mib: number): () => void {
  return set("ARCHIVE_MIB", String(mib));
}

function set(
  name:
    | (
        | "AUDIENCE_RATE"
        | "LIVE_MEMBERS"
        | "CROWD_MEMBERS"
        | "MAX_SPACE_MEMBERS"
        | "MAX_CHANGES"
        | "EDIT_WINDOW_S"
        | "RATE_LIMITS"
        | "QUOTAS"
      )
    | ("MAX_UPLOAD_MIB" | "PUBLIC_ORIGIN" | "USERSIG_EVENT_NAMES")
    | ("RESTORE" | "BACKUP_TO_R2" | "RETENTION_DAYS" | "LINK_PREVIEWS" | "ARCHIVE_MIB" | "SPACES_DIRECTORY")
    | PolicyName,
  value: string,
): () => void {
  const before = env[name];
  const define = (next: string) =>
    Object.defineProperty(env, name, { configurable: true, writable: true, enumerable: true, value: next });
  define(value);
  return undoAtEnd(() => void define(before));
}
