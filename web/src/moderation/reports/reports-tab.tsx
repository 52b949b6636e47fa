import { useRef, useState } from "preact/hooks";
import { st } from "../../i18n/staff.ts";
import { useAccount } from "../../state/context.ts";
import { LATER } from "../../ui/later/icons.ts";
import { More } from "../../ui/more.tsx";
import { focusNext, useListKeys } from "../list-keys.ts";
import { useLivePages } from "../live.ts";
import { Nothing } from "../nothing.tsx";
import { ReportDetail } from "./report-detail.tsx";
import { ReportRow } from "./report-row.tsx";

const STATES = ["open", "taken", "resolved"] as const;

interface Props {
  /** the report that is shown; 0: none */
  id: number;
  mayAct: boolean;
}

/** The reports in a state, and one of them beside the list, or in its place on a narrow screen. */
export function ReportsTab({ id, mayAct }: Props) {
  const { chat } = useAccount();
  const [state, setState] = useState<(typeof STATES)[number]>("open");
  const list = useRef<HTMLUListElement>(null);
  const pages = useLivePages(
    (query) => chat.api.call("get", "/v1/moderation/reports", { query: { ...query, state } }),
    state,
  );
  useListKeys(list, (by) => focusNext(list.current, by), id > 0 && { tab: "reports", id: 0 });
  return (
    <div class="admin-columns" data-open={id > 0}>
      <div class="admin-list">
        <fieldset class="admin-filter">
          <legend class="visually-hidden">{st("state")}</legend>
          {STATES.map((one) => (
            <label key={one}>
              <input type="radio" name="state" checked={state === one} onChange={() => setState(one)} />
              {st(`state.${one}`)}
            </label>
          ))}
        </fieldset>
        <ul ref={list} aria-label={st("tab.reports")}>
          {pages.items?.map((report) => (
            <ReportRow key={report.id} report={report} isCurrent={report.id === id} />
          ))}
        </ul>
        <More pages={pages} icon="check" empty={st(`reports.none.${state}`)} />
        {pages.items && pages.items.length > 0 && (
          <p class="status admin-keys">{st("reports.keys", { down: "J ↓", up: "K ↑" })}</p>
        )}
      </div>
      <div class="admin-detail">
        {id > 0 ? (
          <ReportDetail key={id} id={id} mayAct={mayAct} onChange={pages.reload} />
        ) : (
          pages.items && (
            <Nothing icon={LATER.flag} text={pages.items.length > 0 ? st("reports.choose") : ""} />
          )
        )}
      </div>
    </div>
  );
}
