import { t } from "../i18n/i18n.ts";
import { href } from "../state/router.ts";
import { Gone } from "../ui/missing/gone.tsx";

/** What stands at an address of no view. */
export function NothingPage() {
  return <Gone text={t("app.notFound")} back={href({ view: "home" })} />;
}
