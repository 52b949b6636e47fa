import { NewUsername, ProfileFields } from "../../../src/domain/accounts/user.ts";
import { LIMITS } from "../../../src/domain/limits.ts";
import { GroupName, looksDeleted } from "../../../src/domain/names/names.ts";

/** The first of some names that a user may have here, cut to its length; else `fallback`. */
export function nicknameOf(names: readonly (string | null | undefined)[], fallback: string): string {
  for (const name of names) {
    if (!name?.trim()) continue;
    const cut = first(name.trim(), 64);
    const parsed = ProfileFields.shape.nickname.safeParse(cut);
    if (parsed.success && parsed.data !== "") return parsed.data;
  }
  return fallback;
}

/** As `nicknameOf`, of a group. */
export function groupNameOf(names: readonly (string | null | undefined)[], fallback: string): string {
  for (const name of names) {
    const parsed = GroupName.safeParse(first(name?.trim() ?? "", LIMITS.name));
    if (parsed.success) return parsed.data;
  }
  return fallback;
}

/** An address that a profile may have, or `""`. */
export function emailOf(email: string | null | undefined): string {
  const parsed = ProfileFields.shape.email.safeParse(email ?? "");
  return parsed.success ? parsed.data : "";
}

/** A username that somebody may have here, or `""`. */
export function usernameOf(name: string | null | undefined): string {
  const parsed = NewUsername.safeParse(name ?? "");
  return parsed.success && !looksDeleted(parsed.data) ? parsed.data : "";
}

/** The name of a file by its URL or path, or `fallback`. */
export function fileNameOf(url: string, fallback: string): string {
  const path = URL.canParse(url) ? new URL(url).pathname : url.replaceAll("\\", "/");
  return path.split("/").at(-1) || fallback;
}

/** The beginning of a text, in code points. */
export function first(text: string, length: number): string {
  return [...text.toWellFormed().replaceAll("\u0000", "")].slice(0, length).join("").trim();
}
