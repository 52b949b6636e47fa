import { t } from "../../i18n/i18n.ts";
import { DeleteAccount } from "./delete-account.tsx";
import { ExportData } from "./export-data.tsx";

/** The user's own data: the export, and the deletion of the account. */
export function OwnData() {
  return (
    <section class="form" aria-label={t("data.title")}>
      <h3>{t("data.title")}</h3>
      <p>{t("data.exportHint")}</p>
      <ExportData />
      <DeleteAccount />
    </section>
  );
}
