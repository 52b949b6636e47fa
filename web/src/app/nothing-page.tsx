import { t } from "../i18n/i18n.ts";
import { href } from "../state/router.ts";

/** What stands at an address of no view. */
export function NothingPage() {
  return (
    <p class="blank">
      {t("app.notFound")}
      <a class="primary" href={href({ view: "home" })}>
        {t("app.toList")}
      </a>
    </p>
  );
}
