import { t } from "../i18n/i18n.ts";
import { nameOf } from "../lib/names.ts";

/** Who invites. */
export function Inviter({ user }: { user: { username: string; nickname: string } | null }) {
  return user && <p class="inviter">{t("invitation.by", { name: `\u2068${nameOf(user)}\u2069` })}</p>;
}
