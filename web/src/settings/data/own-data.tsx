import { t } from "../../i18n/i18n.ts";
import { DeleteAccount } from "./delete-account.tsx";
import { ExportData } from "./export-data.tsx";

/** The user's own data: the export, and the deletion of the account. */
export function OwnData() {
  return (
    <>
      <div class="card">
        <h4>{t("data.copy")}</h4>
        <p>{t("data.exportHint")}</p>
        <ExportData />
      </div>
      <div class="card">
        <h4>{t("deletion.end")}</h4>
        <p>{t("deletion.endHint")}</p>
        <DeleteAccount />
      </div>
    </>
  );
}
