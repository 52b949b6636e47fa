import { t } from "../i18n/i18n.ts";
import { href } from "../state/router.ts";
import { Gone } from "../ui/missing/gone.tsx";

/** What stands at the address of a conversation that the user is not in, or that nobody is. */
export function GonePage() {
  return <Gone text={t("gone.conversation")} back={href({ view: "home" })} />;
}
