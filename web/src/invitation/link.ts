import { t } from "../i18n/i18n.ts";
import { copyText } from "../lib/system/clipboard.ts";
import { hasShareSheet, share } from "../lib/system/share.ts";
import { href, parseAddress, type Route } from "../state/address.ts";
import { toast } from "../ui/toasts.tsx";

/** The code of a group, or of a space. */
const CODE = /^([1-9a-z][0-9a-z]{0,10}|S)-[0-9a-f]{32}$/;

/** The address of a view, for others. */
export function linkTo(to: Route): string {
  return `${location.origin}/${href(to)}`;
}

/** The code of an invitation in what somebody has pasted: a link, or the code alone; null: there is none. */
export function codeOf(pasted: string): string | null {
  const text = pasted.trim();
  if (CODE.test(text)) return text;
  const hash = text.indexOf("#");
  const to = hash < 0 ? null : parseAddress(text.slice(hash));
  return to?.view === "invitation" ? to.code : null;
}

/** Copies a link, and says so. A browser that refuses leaves it to the user. */
export async function copyLink(link: string): Promise<void> {
  try {
    await copyText(link);
    toast(t("group.linkCopied"));
  } catch {
    toast(t("group.linkNotCopied"));
  }
}

/** How a link leaves the page, by its button. */
export function passingOn(): string {
  return t(hasShareSheet() ? "action.share" : "group.copy");
}

/** Gives a link to another app where the system has a sheet for that, and copies it elsewhere. */
export async function passOn(link: string): Promise<void> {
  if (!hasShareSheet()) return copyLink(link);
  await share({ url: link }).catch(() => copyLink(link));
}
